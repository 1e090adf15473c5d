"""Moves files in and out of an S3 endpoint with boto3: python s3.py URL."""
import io
import json
import os
import sys

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
s3.create_bucket(Bucket="lake")
large = os.urandom(3_000_000)
s3.put_object(Bucket="lake", Key="data/one.csv", Body=b"a,b\n1,2\n")
s3.upload_fileobj(io.BytesIO(large), "lake", "data/deep/two words & <é>.bin")
s3.put_object(Bucket="lake", Key="other.txt", Body=b"")
keys = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="lake", PaginationConfig={"PageSize": 1}) for item in page["Contents"]]
level = s3.list_objects_v2(Bucket="lake", Prefix="data/", Delimiter="/")
got = io.BytesIO()
s3.download_fileobj("lake", "data/deep/two words & <é>.bin", got)
part = s3.get_object(Bucket="lake", Key="data/one.csv", Range="bytes=2-3")["Body"].read()
head = s3.head_object(Bucket="lake", Key="data/one.csv")["ContentLength"]
errors = []
for call in (
    lambda: s3.get_object(Bucket="lake", Key="nothing"),
    lambda: s3.list_objects_v2(Bucket="nowhere"),
    lambda: s3.get_object(Bucket="lake", Key="../.glasspilot/tags.json"),
):
    try:
        call()
        errors.append("accepted")
    except ClientError as error:
        errors.append(error.response["Error"]["Code"])
s3.delete_object(Bucket="lake", Key="other.txt")
print(
    json.dumps(
        dict(
            keys=keys,
            level=[[item["Key"] for item in level["Contents"]], [item["Prefix"] for item in level["CommonPrefixes"]]],
            same=got.getvalue() == large,
            part=part.decode(),
            head=head,
            errors=errors,
            left=s3.list_objects_v2(Bucket="lake")["KeyCount"],
        )
    )
)
