// Runs an experiment some of whose trials go bad, and says how it went and what it cost this process.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocalPool } from '../../../dist/backends/local/pool.js'
import { runExperiment } from '../../../dist/experiment/run.js'
import { createStore } from '../../../dist/experiment/store.js'
import { hashSeed } from '../../../dist/util/rng.js'

const [table, output, options] = process.argv.slice(2)
/** `bad`: pairs of trial and what it does; `once`: only the first time it is begun. */
const { bad, trials, once = false, trialBytes } = JSON.parse(options)
const SEED = 3

const spec = {
  name: 'bad', data: table, target: 'y', mode: 'hpo', maxCandidates: trials, seed: SEED, workers: 2, backend: 'local', definitionsOnly: false, racing: false,
} // prettier-ignore
const store = createStore(output, spec, '0.0.0')
writeFileSync(
  join(output, 'bad.json'),
  JSON.stringify(bad.map(([id, kind]) => [hashSeed(hashSeed(SEED, id), 0), { kind, once }])),
)

const field = (text, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) * 1024
const meminfo = () => readFileSync('/proc/meminfo', 'utf8')
let parentStart = 0
let parentPeak = 0
let mostOfWorkers = 0
let leastFree = 1
const sample = () => {
  parentPeak = Math.max(parentPeak, process.memoryUsage.rss())
  leastFree = Math.min(leastFree, field(meminfo(), 'MemAvailable') / field(meminfo(), 'MemTotal'))
  for (const child of readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')) {
    try {
      mostOfWorkers = Math.max(mostOfWorkers, field(readFileSync(`/proc/${child}/status`, 'utf8'), 'VmHWM'))
    } catch {
      // It has just ended.
    }
  }
}
const watch = setInterval(sample, 10)

const result = await runExperiment(store, {
  openExecutor: async ({ paths }) =>
    new LocalPool(paths.folder, 2, {
      trialBytes,
      entry: new URL('bad-worker.mjs', import.meta.url).pathname,
    }),
  emit: event => {
    if (event.type === 'trial' && event.trial.id === 1) parentStart = process.memoryUsage.rss()
  },
  signal: new AbortController().signal,
  beforeTraining: async () => {},
  onPlanned: () => {},
})
clearInterval(watch)
store.close()
process.stdout.write(
  JSON.stringify({
    states: result.trials.map(({ id, state, reason, attempts }) => ({ id, state, reason, attempts })),
    leaderboard: readFileSync(join(output, 'leaderboard.csv'), 'utf8'),
    parentGrowth: parentPeak - parentStart,
    overshoot: trialBytes ? mostOfWorkers / trialBytes - 1 : 0,
    leastFree,
    left:
      readdirSync('/proc').filter(pid => {
        try {
          return /^\d/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(output)
        } catch {
          return false
        }
      }).length - 1,
  }),
)
