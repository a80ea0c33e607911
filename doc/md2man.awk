# SPDX-License-Identifier: MIT
# Turns a page of doc/ into a manual page of section 7. Knows what those pages use: headings,
# paragraphs, lists, **bold**, `code`, links, fenced and indented blocks, tables (a line of bold for
# each row, and below it the other cells, each with its column's heading where there are several).
#   -v name=NAME -v about="what stands beside it"

# Backslashes first, and no line may begin with a request by chance.
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

# Of a link, what it says.
function without_links(text,    link) {
	while (match(text, /\[[^]]+\]\([^)]+\)/)) {
		link = substr(text, RSTART + 1, RLENGTH - 1)
		sub(/\]\(.*/, "", link)
		text = substr(text, 1, RSTART - 1) link substr(text, RSTART + RLENGTH)
	}
	return text
}

function inline(text,    out, mark, bold) {
	text = escape(without_links(text))
	while (match(text, /\*\*[^*]+\*\*|`[^`]+`/)) {
		mark = substr(text, RSTART, 1) == "*" ? 2 : 1
		bold = substr(text, RSTART + mark, RLENGTH - 2 * mark)
		gsub(/`/, "", bold)
		out = out substr(text, 1, RSTART - 1) "\\fB" bold "\\fR"
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}

# The first row of a table heads the columns.
function row(line,    cell, n, i, text) {
	n = split(line, cell, / *\| */) - 1
	if (!in_table++) {
		for (i = 3; i <= n; i++)
			head[i] = n > 3 ? cell[i] ": " : ""
		return
	}
	for (i = 3; i <= n; i++)
		text = text (i > 3 ? "; " : "") head[i] cell[i]
	print ".TP\n.B " inline(cell[2]) "\n" inline(text)
}

BEGIN {
	print ".TH " toupper(name) " 7 \"\" \"tcpstate\" \"tcpstate manual\"\n.SH NAME"
	print name " \\- " about "\n.SH DESCRIPTION"
}

/^<!--/ || /^# / { next }
/^```/ { print (code = !code) ? ".PP\n.nf\n.RS 4" : ".RE\n.fi"; next }
code { print escape($0); next }
/^    / { print (block++ ? "" : ".PP\n.nf\n.RS 4\n") escape(substr($0, 5)); next }
block { print ".RE\n.fi"; block = 0 }
/^## / { print ".SH " inline(substr($0, 4)); next }
/^### / { print ".SS " inline(substr($0, 5)); next }
/^\|(-|\|)+$/ { next }
/^\|/ { row($0); next }
{ in_table = 0 }
/^- / { print ".IP \\(bu 2\n" inline(substr($0, 3)); next }
/^$/ { print ".PP"; next }
{ sub(/^ +/, ""); print inline($0) }
