"""Drives a SageMaker endpoint as the hands-on tutorials do, with boto3: python journey.py URL BUCKET_URI HEADERLESS_ROWS V1|V2.

Every response is held against botocore's model of the service: required members, types, and values of enumerations.
Prints what was seen as one JSON object.
"""
import json
import sys
import time
from functools import partial

import boto3
from botocore.config import Config

from checked import call as checked_call, problems, refused

url, bucket, rows, version = sys.argv[1:5]
options = dict(
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="never-looked-at",
    config=Config(retries={"max_attempts": 1}, read_timeout=60),
)
client = boto3.client("sagemaker", **options)
runtime = boto3.client("sagemaker-runtime", **options)
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
call = partial(checked_call, client)


job = f"churn-{version.lower()}"
common = dict(AutoMLJobName=job, OutputDataConfig={"S3OutputPath": f"{bucket}/output"}, RoleArn=ROLE, Tags=[{"Key": "team", "Value": "blue"}])
data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{bucket}/train/"}}
if version == "V1":
    create, describe = client.create_auto_ml_job, "describe_auto_ml_job"
    request = dict(
        common,
        InputDataConfig=[{"DataSource": data, "TargetAttributeName": "y"}],
        ProblemType="BinaryClassification",
        AutoMLJobObjective={"MetricName": "AUC"},
        AutoMLJobConfig={"CompletionCriteria": {"MaxCandidates": 3}, "Mode": "HYPERPARAMETER_TUNING"},
    )
else:
    create, describe = client.create_auto_ml_job_v2, "describe_auto_ml_job_v2"
    request = dict(
        common,
        AutoMLJobInputDataConfig=[{"DataSource": data, "ChannelType": "training", "ContentType": "text/csv;header=present"}],
        AutoMLProblemTypeConfig={
            "TabularJobConfig": {
                "TargetAttributeName": "y",
                "CompletionCriteria": {"MaxCandidates": 3},
                "CandidateGenerationConfig": {"AlgorithmsConfig": [{"AutoMLAlgorithms": ["xgboost", "linear-learner"]}]},
                "Mode": "ENSEMBLING",
            }
        },
        ModelDeployConfig={"AutoGenerateEndpointName": True},
    )
refused("ResourceNotFound", client.describe_auto_ml_job_v2, AutoMLJobName=job)
arn = create(**request)["AutoMLJobArn"]
refused("ResourceInUse", create, **request)

stages = []
deadline = time.time() + 500
while time.time() < deadline:
    answer = call(describe, AutoMLJobName=job)
    stage = f"{answer['AutoMLJobStatus']}/{answer['AutoMLJobSecondaryStatus']}"
    if not stages or stages[-1] != stage:
        stages.append(stage)
    if answer["AutoMLJobStatus"] in ("Completed", "Failed", "Stopped"):
        break
    time.sleep(0.3)
job_answer = answer
call("describe_auto_ml_job_v2", AutoMLJobName=job)
summaries = [item for page in client.get_paginator("list_auto_ml_jobs").paginate(MaxResults=1) for item in page["AutoMLJobSummaries"]]
call("list_auto_ml_jobs", NameContains="churn", StatusEquals="Completed", SortBy="CreationTime")
candidates = call("list_candidates_for_auto_ml_job", AutoMLJobName=job, SortBy="FinalObjectiveMetricValue")["Candidates"]
pages = client.get_paginator("list_candidates_for_auto_ml_job").paginate(AutoMLJobName=job, MaxResults=2)
paged = [item["CandidateName"] for page in pages for item in page["Candidates"]]
best = job_answer["BestCandidate"]
step = call("describe_training_job", TrainingJobName=candidates[-1]["CandidateSteps"][0]["CandidateStepName"])
tuning = step["TuningJobArn"].split("/")[1]
call("describe_hyper_parameter_tuning_job", HyperParameterTuningJobName=tuning)
trials = call("list_training_jobs_for_hyper_parameter_tuning_job", HyperParameterTuningJobName=tuning)["TrainingJobSummaries"]

# One endpoint of the best candidate, another of the worst: every candidate can be deployed.
answers = {}
worst = next(item for item in reversed(candidates) if item["CandidateStatus"] == "Completed")
for name, candidate in (("best", best), ("worst", worst)):
    containers = candidate["InferenceContainers"]
    containers[-1]["Environment"]["SAGEMAKER_INFERENCE_OUTPUT"] = "predicted_label, probability"
    name = f"{job}-{name}"
    call("create_model", ModelName=name, Containers=containers, ExecutionRoleArn=ROLE)
    call("describe_model", ModelName=name)
    variant = {"VariantName": "main", "ModelName": name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large", "InitialVariantWeight": 1}
    call("create_endpoint_config", EndpointConfigName=name, ProductionVariants=[variant])
    call("describe_endpoint_config", EndpointConfigName=name)
    call("create_endpoint", EndpointName=name, EndpointConfigName=name)
    client.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    call("describe_endpoint", EndpointName=name)
    response = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=open(rows).read())
    if response["InvokedProductionVariant"] != "main":
        problems.append(f"variant {response['InvokedProductionVariant']}")
    answers[name] = response["Body"].read().decode()
message = refused("ModelError", runtime.invoke_endpoint, EndpointName=f"{job}-best", ContentType="text/csv", Body="1,2")
refused("ValidationError", runtime.invoke_endpoint, EndpointName="nobody", ContentType="text/csv", Body="1,2")
for operation in ("list_models", "list_endpoint_configs", "list_endpoints"):
    call(operation, SortBy="CreationTime", SortOrder="Descending", NameContains=job)
if version == "V2":
    deployed = job_answer["ModelDeployResult"]["EndpointName"]
    client.get_waiter("endpoint_in_service").wait(EndpointName=deployed, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    answers["deployed"] = runtime.invoke_endpoint(EndpointName=deployed, ContentType="text/csv", Body=open(rows).read())["Body"].read().decode()

call(
    "create_transform_job",
    TransformJobName=f"{job}-batch",
    ModelName=f"{job}-best",
    TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{bucket}/batch/"}}, "ContentType": "text/csv", "SplitType": "Line"},
    TransformOutput={"S3OutputPath": f"{bucket}/answers", "AssembleWith": "Line"},
    TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    DataProcessing={"JoinSource": "Input", "OutputFilter": "$[0,-2,-1]"},
)
client.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=f"{job}-batch", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
transform = call("describe_transform_job", TransformJobName=f"{job}-batch")
call("list_transform_jobs", NameContains=job)

call("add_tags", ResourceArn=arn, Tags=[{"Key": "cost", "Value": "none"}])
tags = call("list_tags", ResourceArn=arn)["Tags"]
call("delete_tags", ResourceArn=arn, TagKeys=["team"])
left = call("list_tags", ResourceArn=arn)["Tags"]
for name in (f"{job}-best", f"{job}-worst"):
    client.delete_endpoint(EndpointName=name)
    client.delete_endpoint_config(EndpointConfigName=name)
    client.delete_model(ModelName=name)
refused("ValidationException", client.describe_endpoint, EndpointName=f"{job}-best")
refused("ValidationException", client.describe_model, ModelName=f"{job}-best")

print(
    json.dumps(
        dict(
            problems=problems,
            stages=stages,
            summaries=[item["AutoMLJobName"] for item in summaries],
            best=best["CandidateName"],
            objective=best["FinalAutoMLJobObjectiveMetric"]["MetricName"],
            candidates=[item["CandidateName"] for item in candidates],
            paged=paged,
            trials=len(trials),
            resolved=job_answer["ResolvedAttributes"],
            notebooks=job_answer["AutoMLJobArtifacts"],
            answers=answers,
            model_error=message,
            transform=transform["TransformJobStatus"],
            tags=[tags, left],
        ),
        default=str,
    )
)
