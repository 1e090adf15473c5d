const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 5000]

class Histogram {
  private readonly counts: Float64Array
  private readonly bounds: readonly number[]
  private sum = 0
  private count = 0
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length)
  }
  add(value: number): void {
    this.sum += value
    this.count++
    for (let i = this.bounds.length - 1; i >= 0 && value <= this.bounds[i]; i--) this.counts[i]++
  }
  lines(name: string): string[] {
    return [
      `# TYPE ${name} histogram`,
      ...this.bounds.map((bound, i) => `${name}_bucket{le="${bound}"} ${this.counts[i]}`),
      `${name}_bucket{le="+Inf"} ${this.count}`,
      `${name}_sum ${this.sum}`,
      `${name}_count ${this.count}`,
    ]
  }
}

/** What the server counts, in the text format of Prometheus. Paths are those of the contract, never what a client made up. */
export class Telemetry {
  private readonly requests = new Map<string, number>()
  private readonly seconds = new Histogram(SECONDS)
  private readonly batches = new Histogram(ROWS)
  private rows = 0
  private modelSeconds = 0

  request(path: string, status: number): void {
    const key = `path="${path}",status="${status}"`
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1)
  }

  invocation(seconds: number): void {
    this.seconds.add(seconds)
  }

  batch(rows: number, milliseconds: number): void {
    this.rows += rows
    this.modelSeconds += milliseconds / 1000
    this.batches.add(rows)
  }

  text(gauges: Readonly<Record<string, number>>): string {
    const lines = [
      '# TYPE glasspilot_requests_total counter',
      ...[...this.requests].map(([labels, n]) => `glasspilot_requests_total{${labels}} ${n}`),
      '# TYPE glasspilot_rows_total counter',
      `glasspilot_rows_total ${this.rows}`,
      '# TYPE glasspilot_model_seconds_total counter',
      `glasspilot_model_seconds_total ${this.modelSeconds}`,
      ...this.seconds.lines('glasspilot_invocation_seconds'),
      ...this.batches.lines('glasspilot_batch_rows'),
      ...Object.entries(gauges).flatMap(([name, value]) => [`# TYPE ${name} gauge`, `${name} ${value}`]),
    ]
    return `${lines.join('\n')}\n`
  }
}
