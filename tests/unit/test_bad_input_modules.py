"""Mistakes with modules: each is told at the caller's line or in the child, with words that help."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_bad_input import mistakes

CHILD = """
variable "size" {
  type = number
  validation {
    condition     = var.size > 0
    error_message = "The size must be positive."
  }
}
variable "tags" {
  type    = map(string)
  default = {}
}
disk "d" {
  size = var.size
  tags = var.tags
}
output "id" { value = disk.d.id }
output "secret" {
  value     = "hunter2"
  sensitive = true
}
"""
CALL = 'module "a" {\n  source = "./m"\n  size = 1\n}\n'
MANY = 'module "a" {\n  source = "./m"\n  size = 1\n  for_each = toset(["x"])\n}\n'

# (the root module, summary, line in it, a part of the detail or hint)
MISTAKES: list[tuple[str, str, int, str]] = [
    ('module "a" {\n  size = 1\n}', "Missing required argument", 1, 'source = "./FOLDER"'),
    ('module "a" {\n  source = local.x\n}\nlocals { x = "./m" }', "Invalid module source address", 2, "written out"),
    ('module "a" {\n  source = "./${1}"\n}', "Invalid module source address", 2, "written out"),
    ('module "a" {\n  source = "m"\n}', "Invalid module source address", 2, 'write: "./m"'),
    ('module "a" {\n  source = "acme/vpc/aws"\n}', "Invalid module source address", 2, "git::https://HOST/acme/vpc/aws.git"),
    ('module "a" {\n  source = "git::https://h.example/r?reff=1"\n}', "Invalid module source address", 2, "ref and depth"),
    ('module "a" {\n  source = "git::https://h.example/r.git"\n}', "Module not installed", 2, "kfinfra init"),
    ('module "a" {\n  source = "./nowhere"\n}', "Unreadable module directory", 2, "No such file"),
    ('module "a" {\n  source = "./empty"\n}', "No configuration files", 2, ".hcl"),
    ('module "a" {\n  source = "../root"\n}', "Module calls itself", 1, '"module.a"'),
    ('module "a" {\n  source = "./self"\n}', "Module calls itself", 1, '"module.a"'),
    ('module { source = "./m" }', "Wrong number of labels", 1, 'module "NAME"'),
    (CALL + CALL, "Duplicate declaration", 5, "main.hcl:1"),
    ('module "a" {\n  source = "./m"\n}', "Missing required argument", 1, '"size"'),
    ('module "a" {\n  source = "./m"\n  sise = 1\n}', "Unsupported argument", 3, 'Did you mean "size"?'),
    ('module "a" {\n  source = "./m"\n  size = 1\n  version = "1"\n}', "Unsupported argument", 4, "?ref=v1.2.0"),
    ('module "a" {\n  source = "./m"\n  size = 1\n  tags { a = 1 }\n}', "Unsupported block type", 4, "tags = "),
    ('module "a" {\n  source = "./m"\n  size = "big"\n}', "Invalid value for variable", 3, "m/main.hcl:2"),
    ('module "a" {\n  source = "./m"\n  size = 0\n}', "Invalid value for variable", 3, "must be positive"),
    ('module "a" {\n  source = "./m"\n  size = each.value\n}', 'Reference to "each" in context without for_each', 3, "for_each"),
    ('module "a" {\n  source = "./m"\n  size = var.no\n}', "Reference to undeclared input variable", 3, 'variable "no"'),
    ('module "a" {\n  source = "./m"\n  size = 1\n  count = -1\n}', "Invalid count argument", 4, "whole number"),
    ('module "a" {\n  source = "./m"\n  size = 1\n  for_each = [1]\n}', "Invalid for_each argument", 4, "toset"),
    (
        'disk "x" { size = 1 }\nmodule "a" {\n  source = "./m"\n  size = 1\n  count = disk.x.id\n}',
        "Invalid count argument", 5, "after apply",
    ),
    ('module "a" {\n  source = "./m"\n  size = 1\n  providers = [fake]\n}', "Invalid providers argument", 4, "A map"),
    ('module "a" {\n  source = "./m"\n  size = 1\n  providers = { fake = fake.x }\n}', "Invalid provider reference", 4, "fake.x"),
    ('module "a" {\n  source = "./m"\n  size = 1\n  providers = { feke = fake }\n}', "Invalid provider reference", 4, '"fake"?'),
    ('module "a" {\n  source = "./m"\n  size = 1\n  depends_on = [disk.no]\n}', "Reference to undeclared resource", 4, '"no"'),
    (CALL + 'output "o" {\n  value = module.aa.id\n}', "Reference to undeclared module", 6, 'Did you mean "a"?'),
    (CALL + 'output "o" {\n  value = module.a.ids\n}', "Unsupported attribute", 6, 'Did you mean "id"?'),
    (CALL + 'output "o" {\n  value = module.a.d\n}', "Unsupported attribute", 6, 'no output "d"'),
    (CALL + 'output "o" {\n  value = module.a.secret\n}', "Output refers to sensitive values", 6, "sensitive = true"),
    (CALL + 'output "o" {\n  value = disk.d.id\n}', "Reference to undeclared resource", 6, 'disk "d"'),
    (MANY + 'output "o" {\n  value = module.a.id\n}', "Missing module instance key", 7, 'module.a["KEY"].id'),
    (MANY + 'output "o" {\n  value = module.a["y"].id\n}', "Invalid index", 7, "key"),
    (CALL.replace("size", "count = 0\n  size") + 'output "o" {\n  value = module.a[0].id\n}', "Invalid index", 7, "no elements"),
    (
        'module "a" {\n  source = "./m"\n  size = module.b.id\n}\nmodule "b" {\n  source = "./m"\n  size = module.a.id\n}',
        "Cycle", 3, "module.a.var.size (main.hcl:3:10)",
    ),
    ('disk "x" {\n  size = 1\n  count = 2\n}\nlocals {\n  o = disk.x.id\n}', "Missing resource instance key", 6, "disk.x[*].id"),
    ('disk "x" {\n  count = 0\n  size = local.no\n}', "Reference to undeclared local value", 3, "no"),
    ("locals {\n  unused = 1 + true\n}", "Invalid operand", 2, "number"),
]  # fmt: skip


def project(folder: Path, main: str, **children: str) -> Path:
    """A root module with the child `m`, and others."""
    files = {"m": CHILD, "self": 'module "x" { source = "../self" }', **children}
    for name, text in files.items():
        (folder / "root" / name).mkdir(parents=True)
        (folder / "root" / name / "main.hcl").write_text(text)
    (folder / "root" / "empty").mkdir()
    (folder / "root" / "main.hcl").write_text(main)
    return folder / "root"


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_of_the_caller_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    found = mistakes(project(tmp_path, text))
    told = [(d.summary, d.span and (d.span.filename, d.span.start.line)) for d in found]
    elsewhere = {"./self": "self/main.hcl", "../root": "../root/main.hcl"}
    place = next((path for source, path in elsewhere.items() if source in text), "main.hcl")
    assert (summary, (place, line)) in told
    assert any(words in d.detail + d.hint for d in found if d.summary == summary)


# (the child module, summary, line in it, a part of the detail or hint)
IN_THE_CHILD: list[tuple[str, str, int, str]] = [
    ('disk "d" {', "Unclosed configuration block", 1, "closing brace"),
    ('dsik "d" {}', "Unsupported block type", 1, 'Did you mean "disk"?'),
    ('disk "d" {\n  size = "big"\n}', "Incorrect attribute value type", 2, "number"),
    ('provider "fake" {}', "Provider configuration in a module", 1, "root module"),
    ('import {\n  to = disk.d\n  id = "x"\n}', "Invalid import configuration", 1, "module.c.TYPE.NAME"),
    ('variable "count" {}', "Invalid variable name", 1, "every module block"),
    ('variable "v" {\n  defualt = 1\n}', "Unsupported argument", 2, "default"),
    ('variable "v" {\n  type = strng\n  default = 1\n}', "Invalid type specification", 2, "string"),
    ('variable "v" {\n  type = number\n  default = "x"\n}', "Invalid default value for variable", 3, "number"),
    ('output "o" {}', "Missing required argument", 1, "value"),
    ('output "o" { value = local.root }', "Reference to undeclared local value", 1, "root"),
    ('output "o" {\n  value = 1\n  depends_on = [disk.no]\n}', "Reference to undeclared resource", 3, "declare it"),
    ('disk "d" {\n  size = 1\n  provider = fake.west\n}', "Invalid provider reference", 3, "fake.west"),
    ('kfinfra {\n  required_version = ">= 99"\n}', "Unsupported kfinfra version", 2, ">= 99"),
]


@pytest.mark.parametrize(("text", "summary", "line", "words"), IN_THE_CHILD, ids=[m[1] + m[3] for m in IN_THE_CHILD])
def test_a_mistake_in_a_child_is_told_in_its_file(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    main = 'locals { root = 1 }\nprovider "fake" {\n  alias = "west"\n}\nmodule "c" { source = "./c" }\n'
    found = mistakes(project(tmp_path, main, c=text))
    assert (summary, "c/main.hcl", line) in [(d.summary, d.span and d.span.filename, d.span and d.span.start.line) for d in found]
    assert any(words in d.detail + d.hint for d in found if d.summary == summary)


def test_mistakes_of_several_modules_come_together_and_none_twice(tmp_path: Path) -> None:
    main = 'module "a" { source = "./x" }\nmodule "b" { source = "./x" }\nmodule "c" { source = "./y" }\nx = 1\n'
    found = mistakes(project(tmp_path, main, x="dsik {}", y="a = ["))
    assert [str(d.span) for d in found] == ["main.hcl:4:1", "x/main.hcl:1:1", "y/main.hcl:1:6"]


def test_a_value_of_an_instance_says_which_one_it_is(tmp_path: Path) -> None:
    main = 'module "a" {\n  source = "./m"\n  for_each = { x = 1, y = 0 }\n  size = each.value\n}'
    (found,) = mistakes(project(tmp_path, main))
    assert (found.address, str(found.span)) == ('module.a["y"].var.size', "main.hcl:4:10")
