"""The hands-on tutorial as a client of AWS: python tutorial.py TABLE.csv TARGET HELD_OUT.csv CANDIDATES [training].

Where the service is, the environment says (AWS_ENDPOINT_URL): nothing here knows that it is not AWS. Every answer is held against
botocore's model. Prints what was seen as one JSON object.
"""
import csv
import io
import json
import sys
import time
from functools import partial

import boto3

from checked import call as checked_call, problems

table, target, held_out, candidates = sys.argv[1:5]
BUCKET, ROLE = "tutorial", "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
s3, client, runtime = (boto3.client(name) for name in ("s3", "sagemaker", "sagemaker-runtime"))
call = partial(checked_call, client)

# Upload.
s3.create_bucket(Bucket=BUCKET)
s3.upload_file(table, BUCKET, "input/train.csv")

# Create the experiment and wait.
job = "tutorial"
source = lambda key: {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{key}"}}
call(
    "create_auto_ml_job_v2",
    AutoMLJobName=job,
    AutoMLJobInputDataConfig=[{"ChannelType": "training", "ContentType": "text/csv;header=present", "CompressionType": "None", "DataSource": source("input/train.csv")}],
    OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/output"},
    AutoMLProblemTypeConfig={
        "TabularJobConfig": {
            "TargetAttributeName": target,
            "CompletionCriteria": {"MaxCandidates": int(candidates)},
            "CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["xgboost", "linear-learner"]}]},
            "Mode": "HYPERPARAMETER_TUNING",
        }
    },
    RoleArn=ROLE,
)
stages = []
while True:
    now = call("describe_auto_ml_job_v2", AutoMLJobName=job)
    if now["AutoMLJobSecondaryStatus"] not in stages:
        stages.append(now["AutoMLJobSecondaryStatus"])
    if now["AutoMLJobStatus"] in ("Completed", "Failed", "Stopped"):
        break
    time.sleep(0.5)

# Read the generated notebooks and the leaderboard.
notebooks = {}
for name, uri in now["AutoMLJobArtifacts"].items():
    body = s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    notebooks[name] = len(json.loads(body)["cells"])
board = call("list_candidates_for_auto_ml_job", AutoMLJobName=job, SortBy="FinalObjectiveMetricValue", MaxResults=100)["Candidates"]
best = now["BestCandidate"]

# Deploy, with data capture.
containers = best["InferenceContainers"]
for container in containers:
    container["Environment"]["SAGEMAKER_INFERENCE_OUTPUT"] = "predicted_label,probability"
call("create_model", ModelName=job, Containers=containers, ExecutionRoleArn=ROLE)
variant = {"VariantName": "AllTraffic", "ModelName": job, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}
capture = {"EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": f"s3://{BUCKET}/capture", "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]}
call("create_endpoint_config", EndpointConfigName=job, ProductionVariants=[variant], DataCaptureConfig=capture)
call("create_endpoint", EndpointName=job, EndpointConfigName=job)
client.get_waiter("endpoint_in_service").wait(EndpointName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
call("describe_endpoint", EndpointName=job)
call("describe_endpoint_config", EndpointConfigName=job)

# Predict rows that were held out.
with open(held_out, newline="") as file:
    header, *rows = csv.reader(file)
place = header.index(target)
truth = [row[place] for row in rows]


def lines(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([cell for i, cell in enumerate(row) if i != place] for row in rows)
    return text.getvalue()


answers = []
for start in range(0, len(rows), 100):
    answer = runtime.invoke_endpoint(EndpointName=job, ContentType="text/csv", Accept="text/csv", Body=lines(rows[start : start + 100]))
    answers += csv.reader(io.StringIO(answer["Body"].read().decode()))
accuracy = sum(answer[0] == label for answer, label in zip(answers, truth, strict=True)) / len(truth)

# The same in a batch.
s3.put_object(Bucket=BUCKET, Key="batch/rows.csv", Body=lines(rows).encode())
call(
    "create_transform_job",
    TransformJobName=job,
    ModelName=job,
    TransformInput={"DataSource": source("batch/"), "ContentType": "text/csv", "SplitType": "Line"},
    TransformOutput={"S3OutputPath": f"s3://{BUCKET}/answers", "AssembleWith": "Line"},
    TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
)
client.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
call("describe_transform_job", TransformJobName=job)
batch = s3.get_object(Bucket=BUCKET, Key="answers/rows.csv.out")["Body"].read().decode()

# Monitor: what was captured.
captured = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"capture/{job}/AllTraffic/")["Contents"]
events = [json.loads(line) for item in captured for line in s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read().decode().splitlines()]

# Training jobs of the container.
training = dict(
    AlgorithmSpecification={"TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/glasspilot:1", "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "validation:Accuracy", "Regex": "validation:Accuracy=(.*?);"}]},
    RoleArn=ROLE,
    InputDataConfig=[{"ChannelName": "train", "DataSource": source("input/")}],
    OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/trained"},
    ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    StoppingCondition={"MaxRuntimeInSeconds": 600},
)
trained, model = {}, 0
if "training" in sys.argv[5:]:
    call("create_training_job", TrainingJobName="once", HyperParameters={"target": target, "max_candidates": "1"}, **training)
    call("create_training_job", TrainingJobName="wrong", HyperParameters={"depth": "3"}, **training)
    call("create_training_job", TrainingJobName="long", HyperParameters={"target": target, "max_candidates": "200"}, **training)
    call("describe_training_job", TrainingJobName="once")
    client.stop_training_job(TrainingJobName="long")
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="once", WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    for name in ("once", "wrong", "long"):
        while True:
            described = call("describe_training_job", TrainingJobName=name)
            if described["TrainingJobStatus"] not in ("InProgress", "Stopping"):
                break
            time.sleep(0.5)
        trained[name] = [described["TrainingJobStatus"], described.get("FailureReason", ""), [item["MetricName"] for item in described["FinalMetricDataList"]]]
    call("list_training_jobs", NameContains="on", SortBy="Name", SortOrder="Ascending")
    model = s3.head_object(Bucket=BUCKET, Key="trained/once/output/model.tar.gz")["ContentLength"]

# Clean up.
client.delete_endpoint(EndpointName=job)
client.delete_endpoint_config(EndpointConfigName=job)
client.delete_model(ModelName=job)
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
    for item in page.get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
left = [len(call(f"list_{things}s")[key]) for things, key in (("endpoint", "Endpoints"), ("endpoint_config", "EndpointConfigs"), ("model", "Models"))]
left.append(s3.list_objects_v2(Bucket=BUCKET)["KeyCount"])

print(
    json.dumps(
        dict(
            problems=problems,
            status=now["AutoMLJobStatus"],
            failure=now.get("FailureReason"),
            stages=stages,
            notebooks=notebooks,
            board=[item["CandidateName"] for item in board],
            best=best["CandidateName"],
            score=best["FinalAutoMLJobObjectiveMetric"]["Value"],
            accuracy=accuracy,
            rows=len(truth),
            same=[row[0] for row in csv.reader(io.StringIO(batch))] == [answer[0] for answer in answers],
            events=len(events),
            sides=sorted(events[0]["captureData"]),
            trained=trained,
            model=model,
            left=left,
        )
    )
)
