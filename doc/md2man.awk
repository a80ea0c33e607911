# SPDX-License-Identifier: MIT
# Turns diagnosis.md into a manual page. Knows what that file uses: headings, paragraphs,
# lists, **bold**, `code`, fenced blocks, one table (a line of bold and text for each row).

# Backslashes first, and no line may begin with a request by chance.
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/)
		text = "\\&" text
	return text
}

function inline(text,    out, mark) {
	text = escape(text)
	while (match(text, /\*\*[^*]+\*\*|`[^`]+`/)) {
		mark = substr(text, RSTART, 1) == "*" ? 2 : 1
		out = out substr(text, 1, RSTART - 1) "\\fB" \
			substr(text, RSTART + mark, RLENGTH - 2 * mark) "\\fR"
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}

function row(line,    cell, n) {
	n = split(line, cell, / *\| */)
	print ".TP\n.B " inline(cell[2])
	print inline("many: " cell[3] "; look at: " cell[4] "; condition: " cell[5])
}

BEGIN {
	print ".TH TCPSTATE-DIAGNOSIS 7 \"\" \"tcpstate\" \"tcpstate manual\"\n.SH NAME"
	print "tcpstate-diagnosis \\- what is abnormal with TCP, who does it, what to do"
	print ".SH DESCRIPTION"
}

/^<!--/ || /^# / { next }
/^```/ { print (code = !code) ? ".PP\n.nf\n.RS 4" : ".RE\n.fi"; next }
code { print escape($0); next }
/^## / { print ".SH " inline(substr($0, 4)); next }
/^\|(-|\|)+$/ || /^\| state / { next }
/^\|/ { row($0); next }
/^- / { print ".IP \\(bu 2\n" inline(substr($0, 3)); next }
/^$/ { print ".PP"; next }
{ sub(/^ +/, ""); print inline($0) }
