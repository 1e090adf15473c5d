"""Calls of boto3 whose answers are held against botocore's model of the service: required members, types, values of enumerations."""
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

problems = []


def enumerations(value, shape, path):
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if isinstance(value, dict) and name in value:
                enumerations(value[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        for item in value:
            enumerations(item, shape.member, f"{path}[]")
    elif shape.type_name == "string" and getattr(shape, "enum", None) and value not in shape.enum:
        problems.append(f"{path} is {value!r}")


def call(client, name, **request):
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name])
    answer = getattr(client, name)(**request)
    answer.pop("ResponseMetadata")
    if operation.output_shape is not None:
        report = ParamValidator().validate(answer, operation.output_shape)
        if report.has_errors():
            problems.append(f"{name}: {report.generate_report()}")
        enumerations(answer, operation.output_shape, name)
    return answer


def refused(code, function, **request):
    try:
        function(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            problems.append(f"{code} was expected: {error}")
        return error.response["Error"]["Message"]
    problems.append(f"{code} was expected, but it was accepted")
