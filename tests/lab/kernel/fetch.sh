#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Fetches a package of Debian, also of another release than this machine's, and unpacks it
# under ${XDG_CACHE_HOME:-~/.cache}/ccm/debian. Nothing is installed, and apt's own lists stay
# as they are. Prints the directory, and nothing else, on standard output; PACKAGE_VERSION is
# its name.
#
#     fetch.sh SUITE PACKAGE
#     fetch.sh --mirror            where it would fetch from
#
# A * in PACKAGE stands for a version: the newest there is. What is there is looked at anew
# after keep_days; if the mirror does not answer then, what was fetched before is used.
set -eu

keep_days=30

die() {
	echo "fetch.sh: $*" >&2
	exit 1
}

# The mirror that this machine has its own release from, with what apt knows about ways there
mirror() {
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		awk -v codename="$codename" '$1 !~ /^cdrom:/ && $3 == "main" &&
			($2 == codename || $2 == "stable" || $2 == "oldstable") { print $1; exit }' |
		grep . || die "no source of apt has this machine's own release ($codename main): there is no mirror to ask${package:+ for $package of $suite}"
}

# apt PROGRAM ARGUMENT...: with lists and sources of our own
apt() {
	program=$1
	shift
	"$program" -qq -o Dir::Etc::SourceList="$state/source.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$state" -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status" \
		-o Dir::Cache="$state/cache" -o APT::Sandbox::User="$(id -un)" \
		-o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# Sets newest: the name of the package, and its version
look() {
	mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
	: >"$state/status"
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -r "$keyring" ] || die "$keyring is missing: apt-get install debian-archive-keyring"
	from=$(mirror) || exit 1
	echo "deb [signed-by=$keyring arch=$(dpkg --print-architecture)] $from $suite main" >"$state/source.list"
	apt apt-get update -o APT::Update::Error-Mode=any >"$state/log" 2>&1 || return 1
	pattern=$(echo "$package" | sed 's/[.+]/\\&/g; s/\*/[0-9][0-9.]*(-[0-9]+)?([+~][a-z0-9.+~]*)?/')
	name=$(apt apt-cache pkgnames | grep -xE -- "$pattern" | sort -V | tail -n 1)
	[ -n "$name" ] || die "$suite on $from has no package $package"
	version=$(apt apt-cache show --no-all-versions "$name" | sed -n 's/^Version: //p')
	newest=${name}_$version
}

if [ "${1:-}" = --mirror ]; then
	package=
	mirror
	exit
fi
[ $# -eq 2 ] || die "fetch.sh SUITE PACKAGE"
suite=$1
package=$2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/ccm/debian
state=$cache/$suite
mark=$state/$(echo "$package" | tr '*' x)
export LC_ALL=C

mkdir -p "$state"
exec 7>"$cache/lock"
flock 7

old=
[ ! -e "$mark" ] || old=$(cat "$mark")
[ -d "$cache/$old" ] || old=
if [ -n "$old" ] && [ -n "$(find "$mark" -mtime "-$keep_days")" ]; then
	echo "$cache/$old"
	exit 0
fi

if ! look; then
	[ -n "$old" ] || {
		cat "$state/log" >&2
		die "$package is missing, and the mirror's $suite cannot be reached to fetch it:
$(cat "$state/source.list")"
	}
	echo "fetch.sh: $suite cannot be reached: ${old%%_*} stays what it was" >&2
	echo "$cache/$old"
	exit 0
fi
if [ ! -d "$cache/$newest" ]; then
	echo "fetch.sh: fetching $name $version of $suite" >&2
	temporary=$cache/fetch-tmp
	rm -rf "$temporary"
	mkdir -p "$temporary/deb"
	(cd "$temporary/deb" && apt apt-get download "$name=$version") >"$state/log" 2>&1 || {
		cat "$state/log" >&2
		die "cannot fetch $name $version of $suite"
	}
	dpkg -x "$temporary"/deb/*.deb "$temporary" || die "cannot unpack $name $version"
	rm -r "$temporary/deb"
	mv "$temporary" "$cache/$newest"
fi
[ -z "$old" ] || [ "$old" = "$newest" ] || rm -rf "${cache:?}/$old"
echo "$newest" >"$mark"
echo "$cache/$newest"
