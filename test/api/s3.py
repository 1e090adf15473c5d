"""Moves files in and out of an S3 endpoint with boto3: python s3.py URL."""
import io
import json
import os
import sys

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
s3.create_bucket(Bucket="lake")
large = os.urandom(12_000_000)  # boto3 sends it in parts
s3.put_object(Bucket="lake", Key="data/one.csv", Body=b"a,b\n1,2\n")
s3.upload_fileobj(io.BytesIO(large), "lake", "data/deep/two words & <é>.bin")
s3.put_object(Bucket="lake", Key="other.txt", Body=b"")
keys = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="lake", PaginationConfig={"PageSize": 1}) for item in page["Contents"]]
level = s3.list_objects_v2(Bucket="lake", Prefix="data/", Delimiter="/")
got = io.BytesIO()
s3.download_fileobj("lake", "data/deep/two words & <é>.bin", got)
part = s3.get_object(Bucket="lake", Key="data/one.csv", Range="bytes=2-3")["Body"].read()
head = s3.head_object(Bucket="lake", Key="data/one.csv")["ContentLength"]
upload = dict(Bucket="lake", Key="data/parts.bin")
upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
s3.upload_part(**upload, PartNumber=1, Body=b"replaced")
first, second = (s3.upload_part(**upload, PartNumber=number, Body=text)["ETag"] for number, text in ((1, b"one,"), (2, b"two")))
parts = [[item["PartNumber"], item["Size"]] for item in s3.list_parts(**upload)["Parts"]]
errors = []
for call in (
    lambda: s3.get_object(Bucket="lake", Key="nothing"),
    lambda: s3.list_objects_v2(Bucket="nowhere"),
    lambda: s3.get_object(Bucket="lake", Key="../.glasspilot/tags.json"),
    lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"0"'}]}),
    lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": second}, {"PartNumber": 1, "ETag": first}]}),
    lambda: s3.upload_part(**upload, PartNumber=10_001, Body=b"x"),
    lambda: s3.list_parts(Bucket="lake", Key="another", UploadId=upload["UploadId"]),
    lambda: s3.upload_part(Bucket="lake", Key="data/parts.bin", UploadId="../jobs", PartNumber=1, Body=b"x"),
):
    try:
        call()
        errors.append("accepted")
    except ClientError as error:
        errors.append(error.response["Error"]["Code"])
s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]})
joined = s3.get_object(Bucket="lake", Key="data/parts.bin")["Body"].read()
dropped = s3.create_multipart_upload(Bucket="lake", Key="dropped")["UploadId"]
begun = [item["Key"] for item in s3.list_multipart_uploads(Bucket="lake")["Uploads"]]
s3.abort_multipart_upload(Bucket="lake", Key="dropped", UploadId=dropped)
uploads = [begun, s3.list_multipart_uploads(Bucket="lake").get("Uploads", [])]
s3.delete_object(Bucket="lake", Key="data/parts.bin")
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
            parts=parts,
            joined=joined.decode(),
            uploads=uploads,
            left=s3.list_objects_v2(Bucket="lake")["KeyCount"],
        )
    )
)
