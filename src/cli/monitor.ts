import { openCloud, placeFrom } from '../backends/sagemaker/client.ts'
import { metricRequests, sendMetrics } from '../backends/sagemaker/metrics.ts'
import { MONITOR_DEFAULTS, monitorModel, type MonitorReport } from '../job/monitor.ts'
import { EXIT } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import { count, figure } from '../util/text.ts'
import { InvalidArgumentError } from 'commander'
import { jsonOption, option, type CommandDefinition, type CommandInput } from './command.ts'
import { table } from './table.ts'

export const monitorCommand: CommandDefinition = {
  usage: 'monitor <experiment> <file>',
  summary:
    'Compare new rows, or what "serve --capture" wrote, with the training rows; exit with 3 when something changed',
  examples: [
    'glasspilot monitor glasspilot-churn this-week.csv',
    'glasspilot monitor glasspilot-churn captured --json',
    'glasspilot monitor glasspilot-churn captured --cloudwatch --endpoint churn',
  ],
  options: [
    option('--psi <n>', 'population stability index of a column from which it counts as changed')
      .argParser(positive)
      .default(MONITOR_DEFAULTS.psi),
    option('--share <n>', 'change of a share (missing, unseen, unreadable) that counts')
      .argParser(positive)
      .default(MONITOR_DEFAULTS.share),
    option('--quality-drop <percent>', 'loss of the objective that counts, where the file has the target')
      .argParser(positive)
      .default(MONITOR_DEFAULTS.qualityDrop),
    option('--output <file>', 'write the report there as JSON'),
    option('--metrics <file>', 'write requests of CloudWatch there (PutMetricData), one JSON object a line'),
    option('--cloudwatch', 'send those requests'),
    option('--endpoint <name>', 'for CloudWatch: the endpoint that was asked about these rows'),
    option('--schedule <name>', 'for CloudWatch: what this comparison is called').default('glasspilot'),
    option('--region <name>', 'for CloudWatch: region of AWS (default: AWS_REGION)'),
    jsonOption(),
  ],
  async run({ args, options }, { print, columns }) {
    const report = await monitorModel(args[0]!, args[1]!, {
      psi: options['psi'] as number,
      share: options['share'] as number,
      qualityDrop: options['qualityDrop'] as number,
    })
    const output = options['output'] as string | undefined
    if (output !== undefined) writeFileAtomic(output, `${JSON.stringify(report, null, 2)}\n`)
    await tellCloudWatch(report, options)
    if (options['json']) print(JSON.stringify(report))
    else show(report, print, columns)
    return report.alerts.length > 0 ? EXIT.alert : EXIT.ok
  },
}

async function tellCloudWatch(report: MonitorReport, options: CommandInput['options']): Promise<void> {
  const [file, endpoint, region] = ['metrics', 'endpoint', 'region'].map(
    name => options[name] as string | undefined,
  )
  const requests = metricRequests(report, {
    schedule: options['schedule'] as string,
    ...(endpoint !== undefined && { endpoint }),
  })
  if (file !== undefined)
    writeFileAtomic(file, requests.map(request => `${JSON.stringify(request)}\n`).join(''))
  if (options['cloudwatch']) await sendMetrics(openCloud(placeFrom(region)), requests)
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.')
  return value
}

const SHOWN = 20

function show(report: MonitorReport, print: (text: string) => void, width: number): void {
  const { rows, trainRows, columns, quality, requests, alerts } = report
  const from = requests ? ` of ${count(requests.seen)} requests (${count(requests.refused)} refused)` : ''
  print(`${count(rows)} rows${from} beside ${count(trainRows)} of training`)
  const sorted = columns.toSorted((a, b) => (b.psi ?? 0) - (a.psi ?? 0)).slice(0, SHOWN)
  const share = (value: number | undefined) => (value === undefined ? '' : figure(value, 3))
  print(
    table(
      ['column', 'psi', 'missing', 'in training', 'unseen', 'outside'],
      sorted.map(({ name, psi, missing, missingTrain, unseen, outside }) => [
        name,
        share(psi),
        share(missing),
        share(missingTrain),
        share(unseen),
        share(outside),
      ]),
      width,
      'lrrrrr',
    ),
  )
  if (columns.length > SHOWN) print(`… and ${columns.length - SHOWN} columns that changed less`)
  if (quality)
    print(
      `${quality.objective}: ${figure(quality.now)} on ${count(quality.rows)} rows; ${figure(quality.reported)} at training`,
    )
  for (const { check, subject, description } of alerts) print(`ALERT ${check} ${subject}: ${description}`)
  if (alerts.length === 0) print('nothing that matters has changed')
}
