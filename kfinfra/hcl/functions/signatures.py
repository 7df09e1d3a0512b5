"""What each of Terraform's functions takes and gives (from `terraform metadata functions`): arity and conversion follow it.

One function a line: name, parameters (`*` takes the rest, `?` takes null, `~` keeps the marks of its parts: cty's AllowMarked,
`!` copes with what is of unknown type: AllowDynamicType), and after `->` what it gives.
"""

from __future__ import annotations

from collections.abc import Iterator

from kfinfra.hcl.functions.function import Parameter
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, SetType, Type

_PLAIN: dict[str, Type] = {"any": ANY, "bool": BOOL, "number": NUMBER, "string": STRING}

_TABLE = """
abs num:number -> number
abspath path:string -> string
alltrue list:list(bool) -> bool
anytrue list:list(bool) -> bool
base64decode str:string -> string
base64encode str:string -> string
base64gzip str:string -> string
base64sha256 str:string -> string
base64sha512 str:string -> string
basename path:string -> string
bcrypt str:string *cost:number -> string
can expression:any -> bool
ceil num:number -> number
chomp str:string -> string
chunklist list:list(any)~ size:number~ -> list(list(any))
cidrhost prefix:string hostnum:number -> string
cidrnetmask prefix:string -> string
cidrsubnet prefix:string newbits:number netnum:number -> string
cidrsubnets prefix:string *newbits:number -> list(string)
coalesce *vals:any?! -> any
coalescelist *vals:any?! -> any
compact list:list(string) -> list(string)
concat *seqs:any~ -> any
contains list:any value:any -> any
csvdecode str:string -> any
dirname path:string -> string
distinct list:list(any) -> list(any)
element list:any~ index:number -> any
endswith str:string suffix:string -> bool
ephemeralasnull value:any?! -> any
file path:string -> string
filebase64 path:string -> string
filebase64sha256 path:string -> string
filebase64sha512 path:string -> string
fileexists path:string -> bool
filemd5 path:string -> string
fileset path:string pattern:string -> set(string)
filesha1 path:string -> string
filesha256 path:string -> string
filesha512 path:string -> string
flatten list:any~ -> any
floor num:number -> number
format format:string *args:any? -> any
formatdate format:string time:string -> string
formatlist format:string *args:any? -> any
indent spaces:number str:string -> string
index list:any value:any -> any
issensitive value:any?! -> bool
join separator:string *lists:list(string) -> string
jsondecode str:string -> any
jsonencode val:any?! -> string
keys inputMap:any~ -> any
length value:any! -> number
log num:number base:number -> number
lookup inputMap:any~ key:string *default:any?~! -> any
lower str:string -> string
matchkeys values:list(any) keys:list(any) searchset:list(any) -> list(any)
max *numbers:number -> number
md5 str:string -> string
merge *maps:any?~! -> any
min *numbers:number -> number
nonsensitive value:any?! -> any
one list:any -> any
parseint number:any base:number -> any
pathexpand path:string -> string
plantimestamp -> string
pow num:number power:number -> number
range *params:number -> list(number)
regex pattern:string string:string -> any
regexall pattern:string string:string -> list(any)
replace str:string substr:string replace:string -> string
reverse list:any~ -> any
rsadecrypt ciphertext:string privatekey:string -> string
sensitive value:any?! -> any
setintersection first_set:set(any) *other_sets:set(any) -> set(any)
setproduct *sets:any~ -> any
setsubtract a:set(any) b:set(any) -> set(any)
setunion first_set:set(any) *other_sets:set(any) -> set(any)
sha1 str:string -> string
sha256 str:string -> string
sha512 str:string -> string
signum num:number -> number
slice list:any~ start_index:number end_index:number -> any
sort list:list(string) -> list(string)
split separator:string str:string -> list(string)
startswith str:string prefix:string -> bool
strcontains str:string substr:string -> bool
strrev str:string -> string
substr str:string offset:number length:number -> string
sum list:any -> any
templatefile path:string vars:any -> any
templatestring template:string vars:any -> string
textdecodebase64 source:string encoding:string -> string
textencodebase64 string:string encoding:string -> string
timeadd timestamp:string duration:string -> string
timecmp timestamp_a:string timestamp_b:string -> number
timestamp -> string
title str:string -> string
tobool v:any?~! -> bool
tolist v:any?~! -> list(any)
tomap v:any?~! -> map(any)
tonumber v:any?~! -> number
toset v:any?~! -> set(any)
tostring v:any?~! -> string
transpose values:map(list(string)) -> map(list(string))
trim str:string cutset:string -> string
trimprefix str:string prefix:string -> string
trimspace str:string -> string
trimsuffix str:string suffix:string -> string
try *expressions:any -> any
upper str:string -> string
urlencode str:string -> string
uuid -> string
uuidv5 namespace:string name:string -> string
values mapping:any~ -> any
yamldecode src:string -> any
yamlencode value:any?! -> string
zipmap keys:list(string)~ values:any~ -> any
"""


def signatures() -> Iterator[tuple[str, tuple[Parameter, ...], Parameter | None, Type]]:
    """Every function: its name, parameters, the parameter of further arguments, and what it gives."""
    for line in _TABLE.split("\n"):
        if line:
            name, *parameters, _, returns = line.split(" ")
            fixed = tuple(_parameter(p) for p in parameters if not p.startswith("*"))
            rest = [_parameter(p[1:]) for p in parameters if p.startswith("*")]
            yield name, fixed, rest[0] if rest else None, _type(returns)


def _parameter(text: str) -> Parameter:
    name, _, kind = text.partition(":")
    return Parameter(name, _type(kind.rstrip("?~!")), "?" in kind, "~" in kind, "!" in kind)


def _type(text: str) -> Type:
    outer, _, inner = text.partition("(")
    if not inner:
        return _PLAIN[text]
    element = _type(inner[:-1])
    return ListType(element) if outer == "list" else SetType(element) if outer == "set" else MapType(element)
