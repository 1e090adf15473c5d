import { byteLength } from '../src/data/cache.ts'
import { readDataset } from '../src/data/read.ts'

// Reads one CSV file in a process of its own: seconds, processor seconds, rows, bytes of its columns, and peak memory above that of the idle process.

const [path, target] = process.argv.slice(2)
const idle = process.memoryUsage.rss()
const before = process.cpuUsage()
const start = performance.now()
const { dataset } = await readDataset(path!, { target: target! })
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(before)
const columnar = dataset.columns.reduce((sum, column) => sum + byteLength(column), 0)
const peak = process.resourceUsage().maxRSS * 1024 - idle
process.stdout.write(
  `${JSON.stringify({ seconds, processor: (user + system) / 1e6, rows: dataset.rows, columnar, peak })}\n`,
)
