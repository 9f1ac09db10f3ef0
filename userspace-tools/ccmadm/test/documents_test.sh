#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# documents_test.sh CCMADM MANPAGE COMPLETION: what the program's help offers is in
# the man page and in the completion, and the man page formats without a warning.
set -u
program=$1 page=$2 completion=$3
failures=0

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# What completion offers for a command line; the last argument is the word at the cursor.
offers() {
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	_ccmadm
	echo "${COMPREPLY[*]}"
}

options_of() {
	"$program" "$@" --help | grep -oE '(^|[ ,])--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u
}

# shellcheck disable=SC1090
source "$completion" || fail "$completion cannot be sourced"
manual=$(MANWIDTH=200 groff -man -Tascii -P-cbou "$page") || fail "groff"

verbs_of() {
	"$program" "$@" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# A verb, or one below another, as in "key add".
check_verb() {
	[[ " $(offers ccmadm "${@:1:$#-1}" "") " == *" ${!#} "* ]] || fail "completion lacks the verb $*"
	grep -qw -- "ccmadm.* $*" <<<"$manual" || fail "man page lacks the verb $*"
	for option in $(options_of "$@"); do
		[[ " $(offers ccmadm "$@" --) " == *" $option "* ]] ||
			fail "completion of $* lacks $option"
		grep -q -- "$option" <<<"$manual" || fail "man page lacks $option of $*"
	done
	for option in $(offers ccmadm "$@" --); do
		"$program" "$@" --help | grep -q -- "$option" ||
			fail "completion of $* offers $option, which it does not have"
	done
}

verbs=$(verbs_of)
[ "$(wc -w <<<"$verbs")" -ge 5 ] || fail "help names too few verbs: $verbs"
[ "$(verbs_of partner | wc -w)" -eq 4 ] || fail "help of partner names other than 4 verbs: $(verbs_of partner)"
[ "$(verbs_of key | wc -w)" -eq 4 ] || fail "help of key names other than 4 verbs: $(verbs_of key)"

for verb in $verbs; do
	check_verb "$verb"
	for below in $(verbs_of "$verb"); do
		check_verb "$verb" "$below"
	done
done
for option in $(options_of); do
	[[ " $(offers ccmadm --) " == *" $option "* ]] || fail "completion lacks $option"
	grep -q -- "$option" <<<"$manual" || fail "man page lacks $option"
done

# The words of a value are those that the program names in its own error.
words=$("$program" stage no-such-stage 2>&1 | sed 's/.*the stages are: \([^;]*\).*/\1/; s/,//g')
[ "$(offers ccmadm stage "")" = "$words" ] || fail "completion of stages is not: $words"
words=$("$program" hold no-such-stage true 2>&1 | sed 's/.*the stages are: \([^;]*\).*/\1/; s/,//g')
[ "$(offers ccmadm hold "")" = "$words" ] || fail "completion of stages to hold is not: $words"
[ "$(offers ccmadm wait --stage "")" = "$words" ] || fail "completion of --stage is not: $words"
words=$("$program" wait --state no-such-state 2>&1 | sed 's/.*the states are: \([^;]*\).*/\1/; s/,//g')
[ "$(offers ccmadm wait --state "")" = "$words" ] || fail "completion of --state is not: $words"
[ "$(offers ccmadm --json w)" = "wait watch" ] || fail "completion behind a global option"
[ "$(offers ccmadm --json key d)" = "del" ] || fail "completion of a verb below another"
[ "$(offers ccmadm key add "$page")" = "$page" ] || fail "completion of files with keys"
[ -z "$(offers ccmadm key generate --number "")" ] || fail "completion of --number offers something"
[ -z "$(offers ccmadm wait --timeout "")" ] || fail "completion of --timeout offers something"

warnings=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
[ -z "$warnings" ] || fail "groff warns: $warnings"

[ "$failures" -eq 0 ] && echo "man page and completion: OK"
exit "$((failures != 0))"
