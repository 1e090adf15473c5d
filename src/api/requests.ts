import { algorithms } from '../algorithms/index.ts'
import { boolean, list, map, number, object, oneOf, string, whole, type Shape } from './shapes.ts'

/** Shapes of the requests that are understood; limits as the service has them. */

const name = (max: number) => string({ min: 1, max, pattern: /^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/ })
const jobName = name(32)
const resource = name(63)
const role = string({
  min: 20,
  max: 2048,
  pattern: /^arn:aws[a-z-]*:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/,
})
const uri = string({ max: 1024, pattern: /^(https|s3|file):\/\/([^/]*)\/?(.*)$/s })
const tags = list(object({ Key: string({ min: 1, max: 128 }), Value: string({ max: 256 }) }), 0, 50)
const anything = object({})

const source = object({
  S3DataSource: object({
    S3DataType: oneOf('ManifestFile', 'S3Prefix', 'AugmentedManifestFile'),
    S3Uri: uri,
  }),
})
const channel = {
  CompressionType: oneOf('None', 'Gzip'),
  ContentType: string({ max: 256 }),
  ChannelType: oneOf('training', 'validation'),
}
const output = object({ S3OutputPath: uri }, { KmsKeyId: string({ max: 2048 }) })
const objective = object({
  MetricName: oneOf('Accuracy', 'MSE', 'F1', 'F1macro', 'AUC', 'RMSE', 'BalancedAccuracy', 'R2', 'Recall', 'RecallMacro', 'Precision', 'PrecisionMacro', 'MAE', 'MAPE', 'MASE', 'WAPE', 'AverageWeightedQuantileLoss'), // prettier-ignore
})
const problem = oneOf('BinaryClassification', 'MulticlassClassification', 'Regression')
const mode = oneOf('AUTO', 'ENSEMBLING', 'HYPERPARAMETER_TUNING')
const limits = object(
  {},
  {
    MaxCandidates: whole(1, 750),
    MaxRuntimePerTrainingJobInSeconds: whole(1),
    MaxAutoMLJobRuntimeInSeconds: whole(1),
  },
)
/** Those that are here, and those that the service has beside them. */
const algorithmNames = [
  ...algorithms.flatMap(({ autopilotName }) => autopilotName ?? []),
  'nn-torch',
  'fastai',
  'cnn-qr',
  'deepar',
  'prophet',
  'npts',
  'arima',
  'ets',
]
const chosenAlgorithms = list(object({ AutoMLAlgorithms: list(oneOf(...algorithmNames), 0, 11) }), 0, 1)
const generation = object({}, { AlgorithmsConfig: chosenAlgorithms, FeatureSpecificationS3Uri: uri })
const deploy = object({}, { AutoGenerateEndpointName: boolean, EndpointName: resource })
const column = string({ min: 1 })
const split = object({}, { ValidationFraction: number(0, 1) })

const paging = { MaxResults: whole(1, 100), NextToken: string({ max: 8192 }) }
const listing = {
  ...paging,
  NameContains: string({ max: 63, pattern: /^[a-zA-Z0-9-]+$/ }),
  StatusEquals: string(),
  SortBy: string(),
  SortOrder: oneOf('Ascending', 'Descending'),
}
const container = object(
  {},
  {
    Image: string({ max: 255 }),
    ModelDataUrl: uri,
    Mode: oneOf('SingleModel', 'MultiModel'),
    Environment: map(string({ max: 1024 }), 100),
  },
)
const named = (member: string, of: Shape = resource) => object({ [member]: of })

export const requests: Readonly<Record<string, Shape>> = {
  CreateAutoMLJob: object(
    {
      AutoMLJobName: jobName,
      InputDataConfig: list(
        object(
          { TargetAttributeName: column },
          { DataSource: source, SampleWeightAttributeName: string({ min: 1, max: 256 }), ...channel },
        ),
        1,
        2,
      ),
      OutputDataConfig: output,
      RoleArn: role,
    },
    {
      ProblemType: problem,
      AutoMLJobObjective: objective,
      AutoMLJobConfig: object(
        {},
        {
          CompletionCriteria: limits,
          SecurityConfig: anything,
          CandidateGenerationConfig: generation,
          DataSplitConfig: split,
          Mode: mode,
        },
      ),
      GenerateCandidateDefinitionsOnly: boolean,
      Tags: tags,
      ModelDeployConfig: deploy,
    },
  ),
  CreateAutoMLJobV2: object(
    {
      AutoMLJobName: jobName,
      AutoMLJobInputDataConfig: list(object({}, { DataSource: source, ...channel }), 1, 2),
      OutputDataConfig: output,
      AutoMLProblemTypeConfig: object(
        {},
        {
          TabularJobConfig: object(
            { TargetAttributeName: column },
            {
              ProblemType: problem,
              Mode: mode,
              CompletionCriteria: limits,
              CandidateGenerationConfig: generation,
              FeatureSpecificationS3Uri: uri,
              GenerateCandidateDefinitionsOnly: boolean,
              SampleWeightAttributeName: string({ min: 1, max: 256 }),
            },
          ),
        },
      ),
      RoleArn: role,
    },
    {
      Tags: tags,
      SecurityConfig: anything,
      AutoMLJobObjective: objective,
      ModelDeployConfig: deploy,
      DataSplitConfig: split,
    },
  ),
  DescribeAutoMLJob: named('AutoMLJobName', jobName),
  DescribeAutoMLJobV2: named('AutoMLJobName', jobName),
  StopAutoMLJob: named('AutoMLJobName', jobName),
  ListAutoMLJobs: object({}, listing),
  ListCandidatesForAutoMLJob: object(
    { AutoMLJobName: jobName },
    {
      StatusEquals: string(),
      CandidateNameEquals: string({ min: 1, max: 64 }),
      SortOrder: oneOf('Ascending', 'Descending'),
      SortBy: oneOf('CreationTime', 'Status', 'FinalObjectiveMetricValue'),
      MaxResults: whole(1, 300),
      NextToken: string({ max: 8192 }),
    },
  ),
  CreateModel: object(
    { ModelName: resource },
    { PrimaryContainer: container, Containers: list(container, 0, 15), ExecutionRoleArn: role, Tags: tags },
  ),
  DescribeModel: named('ModelName'),
  DeleteModel: named('ModelName'),
  ListModels: object({}, listing),
  CreateEndpointConfig: object(
    {
      EndpointConfigName: resource,
      ProductionVariants: list(
        object(
          { VariantName: resource },
          {
            ModelName: resource,
            InitialInstanceCount: whole(0),
            InstanceType: string(),
            InitialVariantWeight: number(0, 1e9),
          },
        ),
        1,
        10,
      ),
    },
    {
      Tags: tags,
      DataCaptureConfig: object(
        {
          InitialSamplingPercentage: whole(0, 100),
          DestinationS3Uri: uri,
          CaptureOptions: list(object({ CaptureMode: oneOf('Input', 'Output', 'InputAndOutput') }), 1, 32),
        },
        { EnableCapture: boolean },
      ),
    },
  ),
  DescribeEndpointConfig: named('EndpointConfigName'),
  DeleteEndpointConfig: named('EndpointConfigName'),
  ListEndpointConfigs: object({}, listing),
  CreateEndpoint: object({ EndpointName: resource, EndpointConfigName: resource }, { Tags: tags }),
  UpdateEndpoint: object({ EndpointName: resource, EndpointConfigName: resource }),
  DescribeEndpoint: named('EndpointName'),
  DeleteEndpoint: named('EndpointName'),
  ListEndpoints: object({}, listing),
  CreateTransformJob: object(
    {
      TransformJobName: resource,
      ModelName: resource,
      TransformInput: object(
        { DataSource: source },
        {
          ContentType: string({ max: 256 }),
          CompressionType: oneOf('None', 'Gzip'),
          SplitType: oneOf('None', 'Line', 'RecordIO', 'TFRecord'),
        },
      ),
      TransformOutput: object(
        { S3OutputPath: uri },
        { Accept: string({ max: 256 }), AssembleWith: oneOf('None', 'Line'), KmsKeyId: string() },
      ),
      TransformResources: object({ InstanceType: string(), InstanceCount: whole(1) }),
    },
    {
      BatchStrategy: oneOf('MultiRecord', 'SingleRecord'),
      MaxPayloadInMB: whole(0),
      MaxConcurrentTransforms: whole(0),
      Environment: map(string({ max: 10_240 }), 16),
      DataProcessing: object(
        {},
        {
          InputFilter: string({ max: 63 }),
          OutputFilter: string({ max: 63 }),
          JoinSource: oneOf('Input', 'None'),
        },
      ),
      Tags: tags,
    },
  ),
  DescribeTransformJob: named('TransformJobName'),
  StopTransformJob: named('TransformJobName'),
  ListTransformJobs: object({}, listing),
  AddTags: object({ ResourceArn: string({ max: 256 }), Tags: tags }),
  ListTags: object(
    { ResourceArn: string({ max: 256 }) },
    { MaxResults: whole(50), NextToken: string({ max: 8192 }) },
  ),
  DeleteTags: object({
    ResourceArn: string({ max: 256 }),
    TagKeys: list(string({ min: 1, max: 128 }), 1, 50),
  }),
  CreateTrainingJob: object(
    {
      TrainingJobName: resource,
      AlgorithmSpecification: object(
        { TrainingInputMode: oneOf('File') },
        {
          TrainingImage: string({ max: 255 }),
          MetricDefinitions: list(
            object({ Name: string({ min: 1, max: 255 }), Regex: string({ min: 1, max: 500 }) }),
            0,
            40,
          ),
        },
      ),
      RoleArn: role,
      OutputDataConfig: output,
      ResourceConfig: object(
        { VolumeSizeInGB: whole(1) },
        { InstanceType: string(), InstanceCount: whole(1, 1), KeepAlivePeriodInSeconds: whole(0, 3600) },
      ),
      StoppingCondition: object({}, { MaxRuntimeInSeconds: whole(1), MaxWaitTimeInSeconds: whole(1) }),
    },
    {
      HyperParameters: map(string({ max: 2500 }), 100),
      InputDataConfig: list(
        object(
          {
            ChannelName: string({ min: 1, max: 64, pattern: /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/ }),
            DataSource: source,
          },
          {
            ContentType: string({ max: 256 }),
            CompressionType: oneOf('None'),
            InputMode: oneOf('File'),
            RecordWrapperType: oneOf('None'),
          },
        ),
        0,
        20,
      ),
      Environment: map(string({ max: 512 }), 100),
      Tags: tags,
    },
  ),
  DescribeTrainingJob: named('TrainingJobName', name(64)),
  StopTrainingJob: named('TrainingJobName', name(64)),
  UpdateTrainingJob: object(
    { TrainingJobName: name(64) },
    { ResourceConfig: object({ KeepAlivePeriodInSeconds: whole(0, 3600) }) },
  ),
  ListTrainingJobs: object({}, listing),
  DescribeHyperParameterTuningJob: named('HyperParameterTuningJobName', name(64)),
  ListTrainingJobsForHyperParameterTuningJob: object({ HyperParameterTuningJobName: name(64) }, listing),
}
