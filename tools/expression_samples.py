"""What random expressions are made from: literals at the edges, texts that functions read, and what each function takes."""

# ruff: noqa: E501  (tables)
from __future__ import annotations

NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "-1",
    "-2",
    "0.5",
    "-0.5",
    "2.5",
    "0.1",
    "0.2",
    "0.3",
    "1.10",
    "1e3",
    "1e-3",
    "-7",
    "1.5e2",
    "255",
    "256",
    "1024",
    "9007199254740993",
    "1e20",
    "1e100",
    "1e-20",
    "123456789012345678901234567890",
    "0.30000000000000004",
    "3.141592653589793238462643383279502884",
    "-0",
    "0.000001",
    "99999999.99999999",
]
STRINGS = [
    "", "a", "b", "ab", "abc", "a b", "hello", "Hello World", "x-y_z", "0", "1", "-3", "1.5", "1e3", "true", "false", "null",
    "é", "日本", "👩‍👩‍👧", "e\\u0301", "ß", "İ", "\\u0301", "\\u0301e", "\\t", "a\\nb", "a\\nb\\n", "\\\"q\\\"", "\\\\", "$${x}", "%%{y}", "<&>", " pad ", "a,b,c",
    "a/b/c.txt", "line1\\r\\nline2", "\\u2028", "ǆ", "o'neil", "007", "0x1F", " 1", "\\n a", " a\\nb", "a \\nb", "a\\n\\n", "a\\n b", "\\ta\\nb", "1_000", "TRUE", "inf", "NaN", "+1", ".5", "5.",
]  # fmt: skip
PATTERNS = [
    "a",
    "[a-z]+",
    "(a)(b)?",
    "(?P<x>[a-z])(?P<y>[0-9])?",
    "^$",
    "",
    "l+",
    ".",
    "\\\\d+",
    "[",
    "(?i)HELLO",
    "(x)|(a)",
    "\\\\bo",
]
REPLACED = ["a", "l", "/l+/", "/(l)(o)/", "/[/", "/", "//", "", "/(?P<n>o)/", "-"]
REPLACING = ["", "X", "$1", "${1}x", "$$", "$n", "-$0-", "\\\\"]
FORMATS = [
    "%s", "%d", "%v", "%q", "%t", "%5s|", "%-5s|", "%05d", "%+d", "%x", "%X", "%b", "%o", "%e", "%f", "%.2f", "%g", "%G", "%%", "%#v",
    "%[2]s %[1]s", "%s-%s", "%", "%z", "a", "", "%.1s", "%5.1f|", "%3d|", "%#x", "% d", "%.3g", "%6.2f|", "%08.3f", "%-8d|", "%E", "%.0f", "%[3]s",
    "%s and %[1]s", "%v %v", "é%s", "%5q", "%08s",
]  # fmt: skip
DATES = [
    "2020-02-29T23:59:59Z",
    "2018-01-02T03:04:05+09:00",
    "1999-12-31T00:00:00-05:30",
    "2020-13-01T00:00:00Z",
    "nope",
    "2021-06-01T12:00:00.5Z",
]
LAYOUTS = [
    "YYYY-MM-DD",
    "DD MMM YYYY hh:mm ZZZ",
    "EEEE, MMMM D, YY",
    "h:m:s aa",
    "H AA",
    "'at' hh",
    "Z ZZZZ ZZZZZ",
    "Q",
    "'o''c'",
    "EEE M/D",
    "YYY",
    "'",
]
DURATIONS = ["1h", "-30m", "1.5h", "10ms", "1h2m3s", "0", "x", "-2562047h", "24h", "1d", "+5s", "100us"]
CIDRS = [
    "10.0.0.0/8",
    "192.168.1.0/24",
    "fd00::/48",
    "10.1.2.3/16",
    "10.0.0.0",
    "0.0.0.0/0",
    "10.0.0.0/33",
    "2001:db8::/126",
    "10.0.0.0/31",
]
JSONS = [
    "{}", "[]", "null", "1", "1.50", "\\\"a\\\"", "[1,\\\"a\\\",null,true]", "{\\\"b\\\":1,\\\"a\\\":{\\\"c\\\":[]}}", "{", "", "[1,]", "1e3", " 2 ",
    "nul", "{\\\"a\\\":1,\\\"a\\\":2}", "\\\"\\\\u00e9\\\"", "-0", "01", "[1] x",
]  # fmt: skip
YAMLS = [
    "a: 1", "- 1\\n- b", "null", "~", "", "yes", "on", "0x10", "1.5", "a: &x 1\\nb: *x", "- [1, 2]", "{a: b}", "\\\"q\\\"", "a:\\n  - b: 1\\n    c: 2",
    "a: |\\n  x\\n  y\\n", "2020-01-01", "1e3", ": :", "a: [", "0o17", "017", "!!str 1", ".inf", "1_000", "'x'", "a: 1\\na: 2", "true", "True", "- ~",
]  # fmt: skip
CSVS = [
    "a,b\\n1,2\\n",
    "a\\n",
    "a,a\\n1,2",
    "a,b\\n1\\n",
    "",
    'a,b\\n\\"x,y\\",2\\n',
    "a\\n\\n1\\n",
    "a,b\\r\\n1,2\\r\\n",
    'x\\n\\"q\\n',
]
BASE64 = ["aGVsbG8=", "", "!!", "aGVsbG8", "/+8=", "w6k=", "aGVs\\nbG8="]
CHARSETS = ["UTF-8", "UTF-16LE", "ISO-8859-1", "windows-1252", "nope", "UTF-16BE", "us-ascii", "Shift_JIS"]
NAMESPACES = ["dns", "url", "oid", "x500", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "nope"]
TEXTS = {
    "pattern": PATTERNS, "replaced": REPLACED, "replacing": REPLACING, "format": FORMATS, "date": DATES, "layout": LAYOUTS, "duration": DURATIONS,
    "cidr": CIDRS, "json": JSONS, "yaml": YAMLS, "csv": CSVS, "base64": BASE64, "charset": CHARSETS, "namespace": NAMESPACES, "string": STRINGS,
}  # fmt: skip

# name: what it gives, what it takes. `x*` is none to three of x. Left out: files, clocks, `uuid`, `bcrypt`, `base64gzip`, rsadecrypt.
_FUNCTIONS = """
abs:number number|alltrue:bool bools|anytrue:bool bools|base64decode:string base64|base64encode:string string
base64sha256:string string|base64sha512:string string|basename:string string|dirname:string string|can:bool any|ceil:number number
chomp:string string|chunklist:list list small|cidrhost:string cidr small|cidrnetmask:string cidr|cidrsubnet:string cidr small small
cidrsubnets:list cidr small small*|coalesce:any any any*|coalescelist:list list list*|compact:list strings|concat:list list list*
contains:bool list any|csvdecode:list csv|distinct:list list|element:any list small|endswith:bool string string
ephemeralasnull:any any|flatten:list list|floor:number number|format:string format any*|formatdate:string layout date
formatlist:list format any*|indent:string small string|index:number list any|issensitive:bool any|join:string string strings
jsondecode:any json|jsonencode:string any|keys:list map|length:number any|length:number list|log:number number number
lookup:any map key any|lookup:any map key|lower:string string|matchkeys:list list list list|max:number number number*
md5:string string|merge:map map map*|min:number number number*|nonsensitive:any any|one:any list|parseint:number string small
pow:number number small|range:list small small*|regex:any pattern string|regexall:list pattern string
replace:string string replaced replacing|reverse:list list|sensitive:any any|setintersection:list list list*
setproduct:list list list|setsubtract:list list list|setunion:list list list*|sha1:string string|sha256:string string
sha512:string string|signum:number number|slice:list list small small|sort:list strings|split:list string string
startswith:bool string string|strcontains:bool string string|strrev:string string|substr:string string small small|sum:number numbers
textdecodebase64:string base64 charset|textencodebase64:string string charset|timeadd:string date duration|timecmp:number date date
title:string string|tobool:bool any|tolist:list list|tomap:map map|tonumber:number any|toset:list list|tostring:string any
transpose:map lists|trim:string string string|trimprefix:string string string|trimspace:string string|trimsuffix:string string string
try:any any any*|upper:string string|urlencode:string string|uuidv5:string namespace string|values:list map|yamldecode:any yaml
yamlencode:string any|zipmap:map strings list
"""
FUNCTIONS: list[tuple[str, str, list[str]]] = []
for _entry in _FUNCTIONS.replace("\n", "|").split("|"):
    if _entry:
        _head, *_takes = _entry.split(" ")
        FUNCTIONS.append((*_head.split(":"), _takes))  # type: ignore[arg-type]
