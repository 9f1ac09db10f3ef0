// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last word, said and heard: see last_word.h.
 */
#include "log.h"

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
#include <linux/net.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "last_word.h"

/*
 * Said
 */

/* Whoever has it owns it. */
static struct ccm_frame *take_frame(struct ccm_last_word *word)
{
	return xchg(&word->frame, NULL);
}

static void drop_frame(struct ccm_last_word *word)
{
	struct ccm_frame *frame = take_frame(word);

	if (frame)
		ccm_frame_free(frame);
}

static struct ccm_frame *create_frame(struct ccm_last_words *all,
				      const struct ccm_last_word_session *session, u32 partner)
{
	u8 data[CCM_WIRE_PANIC_LEN];
	struct ccm_wire_panic msg;

	memset(&msg, 0, sizeof(msg));
	msg.node = all->node;
	msg.partner = partner;
	msg.incarnation = session->incarnation;
	memcpy(msg.secret, session->secret, sizeof(msg.secret));
	ccm_wire_put_panic(data, &msg);
	return ccm_frame_create(&all->frames, &session->envelope, data, sizeof(data));
}

/* A session has become READY, or its interface has changed: make what would be sent. */
static void prepare(struct work_struct *work)
{
	struct ccm_last_word *word = container_of(work, struct ccm_last_word, prepare);
	struct ccm_last_word_session session;
	struct ccm_frame *frame;
	bool armed;
	int error;

	/* until it lies where ccm_last_words_device_gone() looks */
	rtnl_lock();
	spin_lock_bh(&word->lock);
	session = word->session;
	armed = word->armed && ccm_wire_secret_there(session.secret);
	spin_unlock_bh(&word->lock);
	if (!armed)
		goto unlock;
	frame = create_frame(word->all, &session, word->partner);
	error = PTR_ERR_OR_ZERO(frame);
	if (error) {
		pr_debug("partner %u: no last word can be sent: error %d\n", word->partner, error);
		frame = NULL;
	}
	spin_lock_bh(&word->lock);
	/* the session may have ended meanwhile, and another one begun */
	if (word->armed && word->session.conn == session.conn) {
		word->error = error;
		frame = xchg(&word->frame, frame);
	}
	spin_unlock_bh(&word->lock);
	if (frame)
		ccm_frame_free(frame);
unlock:
	memzero_explicit(&session, sizeof(session));
	rtnl_unlock();
}

/**
 * ccm_last_words_say() - the kernel panics: tell every partner that is READY
 * @all: words
 *
 * A panic notifier: under RCU, once. The page says so already. Takes no lock of ours: what a CPU
 * that stands still was doing to a word, it has either taken its frame or left it.
 */
void ccm_last_words_say(struct ccm_last_words *all)
{
	struct ccm_last_word *word;
	struct ccm_frame *frame;

	list_for_each_entry_rcu(word, &all->words, entry) {
		frame = take_frame(word);
		if (frame)
			ccm_frame_send(frame);
	}
}

/**
 * ccm_last_words_device_gone() - an interface goes, or becomes a part of another one
 * @all: words
 * @dev: interface
 *
 * Under the RTNL. A session that goes on gets another frame, if it can.
 */
void ccm_last_words_device_gone(struct ccm_last_words *all, const struct net_device *dev)
{
	struct ccm_last_word *word;

	rcu_read_lock();
	list_for_each_entry_rcu(word, &all->words, entry) {
		spin_lock_bh(&word->lock);
		if (word->frame && ccm_frame_leaves_by(word->frame, dev)) {
			drop_frame(word);
			queue_work(all->wq, &word->prepare);
		}
		spin_unlock_bh(&word->lock);
	}
	rcu_read_unlock();
	ccm_frames_device_gone(&all->frames, dev);
}

/*
 * Heard
 */

static struct ccm_last_word *find(struct ccm_last_words *all, u32 partner)
{
	struct ccm_last_word *word;

	list_for_each_entry_rcu(word, &all->words, entry)
		if (word->partner == partner)
			return word;
	return NULL;
}

/*
 * Is it the word of the session that is READY? Then its secret is spent: whoever can send it a
 * second time has read it, and nothing that comes with it is worth a look.
 */
static bool right(struct ccm_last_word *word, const struct ccm_wire_panic *msg)
{
	struct ccm_last_word_session *session = &word->session;
	bool right;

	spin_lock_bh(&word->lock);
	right = word->armed && ccm_wire_secret_there(session->peer_secret) &&
		!crypto_memneq(session->peer_secret, msg->secret, sizeof(msg->secret)) &&
		session->peer_incarnation == msg->incarnation;
	if (right) {
		memzero_explicit(session->peer_secret, sizeof(session->peer_secret));
		word->heard = session->conn;
	}
	spin_unlock_bh(&word->lock);
	return right;
}

static void log_wrong(struct ccm_last_words *all, const struct sk_buff *skb)
{
	atomic64_inc(&all->wrong);
	if (!__ratelimit(&all->log))
		return;
	if (skb->protocol == htons(ETH_P_IPV6))
		pr_warn("last word from %pI6c is not of any session that is ready: not looked at\n",
			&ipv6_hdr(skb)->saddr);
	else
		pr_warn("last word from %pI4 is not of any session that is ready: not looked at\n",
			&ip_hdr(skb)->saddr);
}

/* A datagram has come to the port, its checksum is right; softirq. */
static int receive(struct sock *sk, struct sk_buff *skb)
{
	struct ccm_last_words *all = (struct ccm_last_words *)rcu_dereference_sk_user_data(sk);
	u8 data[CCM_WIRE_PANIC_LEN];
	struct ccm_last_word *word;
	struct ccm_wire_panic msg;
	u32 len;

	if (!all)
		goto free;	/* the module is being unloaded */
	len = skb->len - min_t(u32, skb->len, sizeof(struct udphdr));
	len = min_t(u32, len, sizeof(data));
	word = NULL;
	if (!skb_copy_bits(skb, sizeof(struct udphdr), data, (int)len) &&
	    !ccm_wire_get_panic(data, len, &msg) && msg.partner == all->node)
		word = find(all, msg.node);
	if (word && right(word, &msg))
		ccm_inbox_tell(word->inbox, CCM_INBOX_WORD);
	else
		log_wrong(all, skb);
free:
	kfree_skb(skb);
	return 0;
}

static struct socket *open_socket(struct ccm_last_words *all, struct udp_port_cfg *config)
{
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = all,
		.encap_type = 1,
		.encap_rcv = receive,
	};
	struct socket *sock = NULL;
	int ret = -EOPNOTSUPP;

	if (IS_ENABLED(CONFIG_NET_UDP_TUNNEL))
		ret = udp_sock_create(&init_net, config, &sock);
	if (ret) {
		pr_warn("UDP port %u cannot be had (error %d), is another program there? That a partner panics is seen only as far as its page can be read\n",
			ntohs(config->local_udp_port), ret);
		return NULL;
	}
	ccm_setup_udp_tunnel_sock(&init_net, sock, &tunnel);
	return sock;
}

/**
 * ccm_last_words_listen() - hear what partners say
 * @all: words, of all partners
 * @port: UDP port: the number of the RDMA port
 *
 * Process context. Does not fail: without it partners are watched all the same, and it is said.
 */
void ccm_last_words_listen(struct ccm_last_words *all, u16 port)
{
	struct udp_port_cfg config4 = {
		.family = AF_INET,
		.local_udp_port = htons(port),
	};

	all->socket4 = open_socket(all, &config4);
#if IS_ENABLED(CONFIG_IPV6)
	if (ipv6_mod_enabled()) {
		struct udp_port_cfg config6 = {
			.family = AF_INET6,
			.local_udp_port = htons(port),
			.use_udp6_rx_checksums = true,
			.ipv6_v6only = true,
		};

		all->socket6 = open_socket(all, &config6);
	}
#endif
}

static void close_socket(struct socket **sock)
{
	if (IS_ENABLED(CONFIG_NET_UDP_TUNNEL) && *sock)
		ccm_udp_tunnel_sock_release(*sock);
	*sock = NULL;
}

/**
 * ccm_last_words_deafen() - hear nothing any more
 * @all: words; may not be listening
 *
 * Waits for RCU: receive() has run to its end, and finds nothing from here on.
 */
void ccm_last_words_deafen(struct ccm_last_words *all)
{
	close_socket(&all->socket4);
	close_socket(&all->socket6);
}

/*
 * Words
 */

/**
 * ccm_last_words_init() - no words yet
 * @all: zeroed
 * @node: id of this node
 * @wq: its work items may be kept waiting for the RTNL
 */
void ccm_last_words_init(struct ccm_last_words *all, u32 node, struct workqueue_struct *wq)
{
	all->node = node;
	all->wq = wq;
	INIT_LIST_HEAD(&all->words);
	ccm_frames_init(&all->frames);
	/* anybody may send datagrams as often as he likes: it is said once a second */
	ratelimit_state_init(&all->log, HZ, 1);
	ratelimit_set_flags(&all->log, RATELIMIT_MSG_ON_RELEASE);
}

/**
 * ccm_last_words_end() - there are no words any more
 * @all: deaf, and every word has ended
 *
 * Takes the RTNL.
 */
void ccm_last_words_end(struct ccm_last_words *all)
{
	ccm_frames_end(&all->frames);
}

/**
 * ccm_last_word_init() - to and from one partner; not armed
 * @word: zeroed
 * @all: of this node
 * @partner: node id
 * @inbox: its
 */
void ccm_last_word_init(struct ccm_last_word *word, struct ccm_last_words *all, u32 partner,
			struct ccm_inbox *inbox)
{
	word->all = all;
	word->partner = partner;
	word->inbox = inbox;
	spin_lock_init(&word->lock);
	INIT_WORK(&word->prepare, prepare);
	list_add_tail_rcu(&word->entry, &all->words);
}

/**
 * ccm_last_word_end() - the partner goes
 * @word: of it; its session has ended
 *
 * May sleep: waits for the RTNL, if the word is just being prepared, and for RCU. Afterwards
 * nobody tells the inbox any more.
 */
void ccm_last_word_end(struct ccm_last_word *word)
{
	ccm_last_word_disarm(word);
	list_del_rcu(&word->entry);
	/* who has found it before may have queued it, or be about to tell of it */
	synchronize_rcu();
	cancel_work_sync(&word->prepare);
}

/**
 * ccm_last_word_draw() - a secret for a session
 * @secret: CCM_WIRE_SECRET_LEN bytes; zeroes: this kernel sends no word
 *
 * Any context.
 */
void ccm_last_word_draw(u8 *secret)
{
	if (IS_ENABLED(CONFIG_NETPOLL))
		get_random_bytes(secret, CCM_WIRE_SECRET_LEN);
	else
		memset(secret, 0, CCM_WIRE_SECRET_LEN);
}

/**
 * ccm_last_word_arm() - a session is READY: prepare a word, and look for the partner's
 * @word: not armed
 * @session: copied
 *
 * The partner's work item. Does not wait for the word to be prepared.
 */
void ccm_last_word_arm(struct ccm_last_word *word, const struct ccm_last_word_session *session)
{
	spin_lock_bh(&word->lock);
	word->armed = true;
	word->session = *session;
	spin_unlock_bh(&word->lock);
	queue_work(word->all->wq, &word->prepare);
}

/**
 * ccm_last_word_disarm() - the session has ended
 * @word: may not be armed
 *
 * The partner's work item.
 */
void ccm_last_word_disarm(struct ccm_last_word *word)
{
	spin_lock_bh(&word->lock);
	word->armed = false;
	memzero_explicit(&word->session, sizeof(word->session));
	drop_frame(word);
	spin_unlock_bh(&word->lock);
}

/**
 * ccm_last_word_heard() - has the partner's word come?
 * @word: of it
 *
 * The partner's work item. Each is told once.
 *
 * Return: the core's name of the connection whose secret it had; 0: no
 */
u32 ccm_last_word_heard(struct ccm_last_word *word)
{
	u32 conn;

	spin_lock_bh(&word->lock);
	conn = word->heard;
	word->heard = 0;
	spin_unlock_bh(&word->lock);
	return conn;
}
