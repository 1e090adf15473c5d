import { readDataset } from '../src/data/read.ts'
import { makeTarget } from '../src/data/target.ts'
import { profileDataset } from '../src/profile/index.ts'

// Reads and profiles one table in a process of its own, as `glasspilot profile` does: seconds and processor seconds.

const [path, target] = process.argv.slice(2)
const start = performance.now()
const { dataset, schema, report } = await readDataset(path!, { target: target! })
const made = makeTarget(dataset, target!)
const profile = await profileDataset(dataset, schema, { target: target!, made, report, seed: 0 })
const { user, system } = process.cpuUsage()
const seconds = (performance.now() - start) / 1000
process.stdout.write(
  `${JSON.stringify({ seconds, processor: (user + system) / 1e6, columns: profile.columns.length })}\n`,
)
