#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh BUILD [small|large|NAME]... - let spin look at every state that the model can come to
#
# Each configuration is searched completely: no bit-state hashing, no hash compaction, nothing that
# could leave a state out. Then each mutant must be found, by the promise that it breaks. Prints
# "ok model.NAME" or "FAIL model.NAME" and what is wrong. What a failing run did is in
# BUILD/NAME/story: one line for each step.
set -uo pipefail
export LC_ALL=C

[ $# -ge 1 ] || { echo "usage: run.sh BUILD [small|large|NAME]..." >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd)
shift
wanted=${*:-small}
depth=1000000		# steps in a run: none is as long, or the search says so and has failed

# make_pan DIR "FLAGS" "FLAGS OF gcc": the search as a program
make_pan()
{
	mkdir -p "$1" && cd "$1" && rm -f -- * && cp "$here"/*.pml . || return 1
	# shellcheck disable=SC2086
	spin -a $2 model.pml >spin.log 2>&1 &&
		gcc $3 -DNOREDUCE -DNOFAIR -w -o pan pan.c >gcc.log 2>&1 && return 0
	cat spin.log gcc.log 2>/dev/null
	return 1
}

# The promise that a run in this directory has broken, and that run in words
broken()    # "FLAGS"
{
	local at
	# shellcheck disable=SC2086
	spin -t -k model.pml.trail $1 model.pml >trail 2>&1
	grep -aE '^ *((node|stranger) ?[0-9]*:|fabric:|stranger:)' trail | sed 's/^ *//' >story
	at=$(sed -nE 's/^spin: ([a-z_]+\.pml):([0-9]+), Error: assertion violated.*/\1 \2/p' trail | head -n 1)
	if [ -n "$at" ]; then
		sed -nE "${at#* }s,.*/\* (.*) \*/.*,\1,p" "${at% *}"
	else
		grep -am 1 -oE 'invalid end state|non-progress cycle' out
	fi
}

# Has all of it been seen? In words
figures()
{
	sed -nE 's/^ *([0-9.e+]+) states, stored.*/\1 states/p
		s/^.*depth reached ([0-9]+),.*/\1 steps at most/p
		s/^ *([0-9.]+).total actual memory usage/\1 MB/p
		s/^pan: elapsed time ([0-9.]+).*/\1 s/p' out | paste -sd , | sed 's/,/, /g'
}

complete()
{
	grep -q 'errors: 0$' out && ! grep -qE 'Search not completed|max search depth too small|out of memory|hash-compact|bitstate' out
}

# search LABEL NAME "FLAGS" -O cycles|states: make the search in BUILD/NAME, and go there and do it
search()
{
	local how=-DSAFETY options=
	[ "$5" != cycles ] || how='-DNP -DNOSTUTTER' options=-l
	if ! make_pan "$build/$2" "$3" "$4 $how" >"$build/$2.log" 2>&1; then
		echo "FAIL model.$1"
		sed 's/^/    /' "$build/$2.log"
		return 1
	fi
	cd "$build/$2" || return 1
	./pan $options -n -m$depth >out 2>&1
	return 0
}

configuration()    # NAME FLAGS SEARCH
{
	search "$1" "$1" "$2" -O1 "$3" || return 1
	if complete; then
		echo "ok model.$1: $(figures)"
		return 0
	fi
	echo "FAIL model.$1: $(broken "$2") ($2)"
	grep -aE '^(pan|error)' out | head -n 3 | sed 's/^/    /'
	tail -n 40 story 2>/dev/null | sed 's/^/    /'
	return 1
}

mutant()    # NAME FLAGS PROMISE
{
	local said flags="-DMUTANT_$1 $2" kind=states
	[ "$3" != 'non-progress cycle' ] || kind=cycles
	search "finds.$1" "$1" "$flags" -O0 $kind || return 1
	if complete; then
		echo "FAIL model.finds.$1: nothing was found ($(figures))"
		return 1
	fi
	said=$(broken "$flags")
	if [ "$said" != "$3" ]; then
		echo "FAIL model.finds.$1: not '$3' but '$said'"
		return 1
	fi
	echo "ok model.finds.$1: $said"
}

# lines FILE: without comments
lines() { sed -n 's/^\([^#]..*\)/\1/p' "$here/$1"; }

is_wanted()    # SET NAME
{
	case " $wanted " in
	*" $1 "* | *" $2 "*) return 0 ;;
	*" large "*) [ "$1" = small ] ;;
	*) return 1 ;;
	esac
}

# Two at a time: "kind|name|flags|search or promise" on each line of the input
each()
{
	local kind name flags what
	while IFS='|' read -r kind name flags what; do
		while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
			wait -n
		done
		(said=$("$kind" "$name" "$flags" "$what"); echo "$said") &
	done
	wait
}

command -v spin >/dev/null || { echo "FAIL model: there is no spin (Debian package spin)"; exit 1; }
{
	lines configurations | while read -r set search name flags; do
		is_wanted "$set" "$name" && echo "configuration|$name|$flags|$search"
	done
	lines mutants | sed 's, */ *,/,g; s, ,/,' | while IFS=/ read -r set name flags promise; do
		is_wanted "$set" "$name" && echo "mutant|$name|$flags|$promise"
	done
} | each | tee "$build/said"
grep -q '^ok ' "$build/said" && ! grep -q '^FAIL ' "$build/said"
