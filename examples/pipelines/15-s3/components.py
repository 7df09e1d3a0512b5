"""The component of row 15: it reads a folder and writes another one; what is in S3 is none of its business."""


def fit() -> int:
    """The number of files that came in, written where it is copied to S3 from."""
    from pathlib import Path

    found = sorted(p.name for p in Path("/data/in").iterdir())
    out = Path("/data/out")
    out.mkdir(exist_ok=True)
    (out / "found.txt").write_text("\n".join(found))
    return len(found)
