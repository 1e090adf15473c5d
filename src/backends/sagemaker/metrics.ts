import type { Cloud } from './client.ts'

/** What of a comparison of rows goes to CloudWatch. */
export interface Monitored {
  readonly rows: number
  readonly columns: readonly {
    readonly name: string
    readonly psi?: number
    readonly missing: number
    readonly unseen?: number
    readonly outside?: number
  }[]
  readonly predictionPsi?: number
  readonly quality?: { readonly metrics: Readonly<Record<string, number | undefined>> }
  readonly alerts: readonly { readonly check: string }[]
}

export interface MetricPlace {
  /** Metrics of an endpoint stand elsewhere than those of batch jobs. */
  readonly endpoint?: string
  /** Tells comparisons of one endpoint apart. */
  readonly schedule: string
}

export interface PutMetricData {
  readonly Namespace: string
  readonly MetricData: readonly {
    readonly MetricName: string
    readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
    readonly Value: number
    readonly Unit: 'Count' | 'None'
  }[]
}

const MAX_METRICS = 1000
const MAX_NAME = 255

/**
 * A comparison as requests to CloudWatch, under the names that SageMaker's own monitor has where it has one: `feature_baseline_drift_…` is
 * the population stability index, `feature_non_null_…` the number of values that are there.
 */
export function metricRequests(
  { rows, columns, predictionPsi, quality, alerts }: Monitored,
  { endpoint, schedule }: MetricPlace,
): PutMetricData[] {
  const found: readonly (readonly [name: string, value: number | undefined, unit: 'Count' | 'None'])[] = [
    ['rows', rows, 'Count'],
    ['alerts', alerts.length, 'Count'],
    ['prediction_drift', predictionPsi, 'None'],
    ...Object.entries(quality?.metrics ?? {}).map(
      ([name, value]) => [`quality_${name}`, value, 'None'] as const,
    ),
    ...columns.flatMap(
      ({ name, psi, missing, unseen, outside }) =>
        [
          [`feature_non_null_${name}`, rows - missingRows(missing, rows), 'Count'],
          [`feature_baseline_drift_${name}`, psi, 'None'],
          [`feature_unseen_${name}`, unseen, 'None'],
          [`feature_outside_${name}`, outside, 'None'],
        ] as const,
    ),
  ]
  const Dimensions =
    endpoint === undefined
      ? [{ Name: 'MonitoringSchedule', Value: schedule }]
      : [
          { Name: 'EndpointName', Value: endpoint },
          { Name: 'ScheduleName', Value: schedule },
        ]
  const data = found.flatMap(([name, Value, Unit]) =>
    // What is not known, or is no number, is not told.
    Value === undefined || !Number.isFinite(Value)
      ? []
      : [{ MetricName: metricName(name), Dimensions, Value, Unit }],
  )
  const Namespace = `/aws/sagemaker/${endpoint === undefined ? 'ModelMonitoring' : 'Endpoints'}/data-metric`
  return Array.from({ length: Math.ceil(data.length / MAX_METRICS) }, (_, i) => ({
    Namespace,
    MetricData: data.slice(i * MAX_METRICS, (i + 1) * MAX_METRICS),
  }))
}

const missingRows = (share: number, rows: number): number => Math.round(share * rows)

/** Names may have printable ASCII only. */
const metricName = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '_').slice(0, MAX_NAME)

export async function sendMetrics(cloud: Cloud, requests: readonly PutMetricData[]): Promise<void> {
  for (const request of requests) await cloud.putMetrics(request)
}
