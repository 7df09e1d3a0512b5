def s3_sync(source: str, target: str) -> None:
    """Makes a folder hold what a prefix of S3 holds, or a prefix what a folder holds. Compares content; deletes nothing.

    One of `source` and `target` is s3://bucket/prefix, the other a folder. Credentials are boto3's own (on EKS: the pod's
    service account), and so is the endpoint. It stands alone: KFP runs its source text, so everything it needs is within.
    """
    import hashlib
    import os
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    import boto3
    from botocore.config import Config

    def place(url: str) -> tuple[str, str]:
        bucket, _, prefix = url[len("s3://") :].partition("/")
        return bucket, prefix.strip("/") + "/" if prefix.strip("/") else ""

    def objects(bucket: str, prefix: str) -> dict[str, tuple[int, str]]:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = [o for page in pages for o in page.get("Contents", [])]
        return {o["Key"][len(prefix) :]: (o["Size"], o["ETag"].strip('"')) for o in found}

    def same(path: Path, size: int, etag: str) -> bool:
        # An ETag is the MD5 of an object that was sent whole; any other differs from it, and the object is copied again.
        if not path.is_file() or path.stat().st_size != size or "-" in etag:
            return False
        digest = hashlib.md5(usedforsecurity=False)
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == etag

    def download(bucket: str, prefix: str, folder: Path) -> None:
        def fetch(name: str) -> None:
            path = folder / name
            if folder.resolve() not in path.resolve().parents:
                raise ValueError(f"s3://{bucket}/{prefix}{name} would be written outside {folder}")
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{os.getpid()}.part")
            try:
                s3.download_file(bucket, prefix + name, str(part))
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)

        folder.mkdir(parents=True, exist_ok=True)
        hidden = ".kfinfra-manifest.json"
        there = {n: o for n, o in objects(bucket, prefix).items() if n and not n.endswith("/") and n != hidden}
        todo = sorted(n for n, (size, etag) in there.items() if not same(folder / n, size, etag))
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(fetch, todo))
        print(f"{source} -> {target}: {len(todo)} of {len(there)} files copied")

    def upload(folder: Path, bucket: str, prefix: str) -> None:
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder} is not a folder: the task before this step has not made it")
        there = objects(bucket, prefix)
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}
        todo = sorted(n for n, path in files.items() if n not in there or not same(path, *there[n]))
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda name: s3.upload_file(str(files[name]), bucket, prefix + name), todo))
        print(f"{source} -> {target}: {len(todo)} of {len(files)} files copied")

    s3 = boto3.client("s3", config=Config(retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=16))
    if source.startswith("s3://") == target.startswith("s3://"):
        raise ValueError("one of source and target must be s3://bucket/prefix, the other a folder")
    if source.startswith("s3://"):
        download(*place(source), Path(target))
    else:
        upload(Path(source), *place(target))
