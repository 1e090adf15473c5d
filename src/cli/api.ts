import { startApi } from '../api/server.ts'
import { option, wholeNumber, type CommandDefinition } from './command.ts'
import { guardFrom, networkOptions, untilStopped } from './network.ts'

export const apiCommand: CommandDefinition = {
  usage: 'api',
  summary:
    'Speak SageMaker’s protocol on this machine: AutoML and training jobs, models, endpoints and batch transform for clients of AWS',
  examples: [
    'glasspilot api --root buckets',
    'aws sagemaker list-auto-ml-jobs --endpoint-url http://127.0.0.1:8090',
  ],
  options: [
    option(
      '--root <folder>',
      's3://bucket/key is root/bucket/key; jobs and endpoints are kept under it',
    ).default('glasspilot-buckets'),
    ...networkOptions('8090'),
    option('--jobs <n>', 'AutoML jobs at once; others wait').argParser(wholeNumber(1)).default(1),
    option('--training-jobs <n>', 'training jobs at once; others wait').argParser(wholeNumber(1)).default(2),
  ],
  async run({ options }, { note }) {
    const server = await startApi({
      root: options['root'] as string,
      host: options['host'] as string,
      port: (options['port'] as number | undefined) ?? 8090,
      guard: guardFrom(options),
      jobsAtOnce: options['jobs'] as number,
      trainingAtOnce: options['trainingJobs'] as number,
      log: note,
    })
    note(
      `SageMaker’s protocol on http://${options['host']}:${server.port}; s3:// is ${String(options['root'])}/`,
    )
    await untilStopped()
    await server.close()
  },
}
