# Completion for bash: options, their words, scripts, and what can be probed.
#
# Options and their words come from `bpfline --help`, attach points from
# `bpfline -l`, which takes a few milliseconds.

# The words before the cursor as the shell will see them: WORDS, the last one WORD, its open quote QUOTE.
_bpfline_words()
{
	local line=${COMP_LINE:0:COMP_POINT} c i

	WORDS=() WORD= QUOTE=
	for ((i = 0; i < ${#line}; i++)); do
		c=${line:i:1}
		if [[ $c == \\ && $QUOTE != "'" ]]; then
			WORD+=${line:++i:1}
		elif [[ $QUOTE ]]; then
			if [[ $c == "$QUOTE" ]]; then QUOTE=; else WORD+=$c; fi
		elif [[ $c == [\'\"] ]]; then
			QUOTE=$c
		elif [[ $c == [[:blank:]] ]]; then
			[[ $WORD ]] && WORDS+=("$WORD")
			WORD=
		else
			WORD+=$c
		fi
	done
}

# The help of option $2 of program $1 in one line; without $2 all options.
_bpfline_help()
{
	local line name='^    (-([[:alpha:]])(, )?)?(--([a-z-]+))?( [^ ]+)?  +(.*)' is_it=

	while IFS= read -r line; do
		if [[ $line == "    -"* && $line =~ $name ]]; then
			[[ $2 ]] || echo "${BASH_REMATCH[2]:+-${BASH_REMATCH[2]}}" "${BASH_REMATCH[4]}"
			is_it=
			[[ $2 == "-${BASH_REMATCH[2]}" || $2 == "--${BASH_REMATCH[5]}" ]] && is_it=yes
			[[ $is_it ]] && printf '%s ' "${BASH_REMATCH[7]}"
		elif [[ $is_it && $line == "     "* ]]; then
			printf '%s ' "${line#"${line%%[! ]*}"}"
		else
			is_it=
		fi
	done < <("$1" --help)
}

# Words that an option takes: what its help lists after a colon.
_bpfline_choices()
{
	local help

	help=$(_bpfline_help "$1" "$2")
	[[ $help == *": "* ]] || return
	help=${help#*: }
	help=${help%%;*}
	echo "${help//,/}"
}

# Attach points that begin with $2, up to the next colon.
_bpfline_probes()
{
	local colons=${2//[^:]/} types="begin end fentry: fexit: hardware: interval: iter: kprobe: kretprobe:
		profile: rawtracepoint: self: software: test: bench: tracepoint: uprobe: uretprobe: usdt: watchpoint:"

	case $2 in
	uprobe:*:* | uretprobe:*:* | usdt:*:*) ;;
	uprobe:* | uretprobe:* | usdt:*)
		compgen -P "${2%%:*}:" -f -- "${2#*:}"
		return ;;
	*:*) ;;
	*)
		compgen -W "$types" -- "$2"
		return ;;
	esac
	# fentry:FUNCTION is listed as fentry:MODULE:FUNCTION, and so are others.
	"$1" -l "$2*" 2>/dev/null | awk -F: -v parts=${#colons} -v typed="$2" '{
		if (index($0, typed) != 1)
			sub(/:[^:]*:/, ":")
		if (index($0, typed) != 1)
			next
		name = $1
		for (i = 2; i <= parts + 1 && i <= NF; i++)
			name = name ":" $i
		if (parts + 1 < NF)
			name = name ":"
		if (!(name in seen))
			print name
		seen[name] = 1
	}'
}

# Takes the lines of its input as what the word may become, $1 being all of it before what they begin with.
_bpfline_reply()
{
	local candidate broken=

	# Outside of quotes a colon ends a word of readline: what stands before it is not to come twice.
	[[ ! $QUOTE && $COMP_WORDBREAKS == *:* && $WORD == *:* ]] && broken=${WORD%"${WORD##*:}"}
	while IFS= read -r candidate; do
		candidate=$1$candidate
		COMPREPLY+=("${candidate#"$broken"}")
	done
}

# Attach points for $2, which $3 stands before.  A single one in quotes would make readline close them: one
# that goes on after a colon is followed there.
_bpfline_points()
{
	local points

	mapfile -t points < <(_bpfline_probes "$1" "$2")
	if [[ $QUOTE && ${#points[@]} == 1 && $points == *: && $points != "$2" ]]; then
		_bpfline_points "$1" "$points" "$3"
		return
	fi
	((${#points[@]})) && _bpfline_reply "$3" < <(printf '%s\n' "${points[@]}")
}

# The last attach point of a script that is being written, where one may stand; with what comes after it.
_bpfline_script()
{
	local open=${WORD//[^\{]/} close=${WORD//[^\}]/} point=${WORD##*[[:blank:],;\}]}

	((${#open} > ${#close})) && return
	_bpfline_points "$1" "$point" "${WORD%"$point"}"
	[[ $QUOTE && ${#COMPREPLY[@]} == 1 ]] && COMPREPLY+=("$COMPREPLY {" "$COMPREPLY /")
}

_bpfline()
{
	local WORDS WORD QUOTE previous path

	_bpfline_words
	previous=${WORDS[-1]}
	COMPREPLY=()
	case $previous in
	-e)
		compopt -o nospace
		_bpfline_script "$1" ;;
	-l | --list | -lv)
		compopt -o nospace
		_bpfline_points "$1" "$WORD" "" ;;
	-p | --pid)
		_bpfline_reply "" < <(for path in /proc/[0-9]*; do echo "${path#/proc/}"; done |
			compgen -W "$(</dev/stdin)" -- "$WORD") ;;
	-c | --cmd)
		_bpfline_reply "" < <(compgen -c -- "$WORD") ;;
	-o | --output | --include | --traceable-functions)
		compopt -o filenames
		_bpfline_reply "" < <(compgen -f -- "$WORD") ;;
	-I | --target | --debuginfo)
		compopt -o filenames
		_bpfline_reply "" < <(compgen -d -- "$WORD") ;;
	-f | -B | -d | --debug | --dump | --mode | --attach | --no-feature | --timeout)
		_bpfline_reply "" < <(compgen -W "$(_bpfline_choices "$1" "$previous")" -- "$WORD") ;;
	*)
		if [[ $WORD == -* ]]; then
			_bpfline_reply "" < <(compgen -W "$(_bpfline_help "$1")" -- "$WORD")
		else
			compopt -o filenames
			_bpfline_reply "" < <(compgen -d -- "$WORD"; compgen -f -X '!*.bt' -- "$WORD")
		fi ;;
	esac
}

complete -F _bpfline bpfline
