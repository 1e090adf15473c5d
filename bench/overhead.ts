import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LocalPool } from '../src/backends/local/pool.ts'
import { runExperiment } from '../src/experiment/run.ts'
import { createStore } from '../src/experiment/store.ts'
import type { ExperimentSpec, Trial } from '../src/experiment/types.ts'
import { createRng } from '../src/util/rng.ts'
import { benchOptions, finish, median, note, ratio } from './harness.ts'

// What reliability costs: journal, fsync, processes, messages and watchdog on a run of many small fits. One worker, so that the
// wall time from the first start to the last end is the time in fits and predictions, plus whatever else happened in between.

/** The bench is compiled beside the sources it measures. */
const WORKER = fileURLToPath(new URL('../src/backends/local/worker.js', import.meta.url))
const BOUND = 0.05
const SEED = 11
const { quick, json } = benchOptions()
const TRIALS = quick ? 18 : 60
const RUNS = quick ? 1 : 3

function writeTable(path: string, rows: number): void {
  const rng = createRng(SEED)
  const lines = ['a,b,c,d,kind,y']
  for (let row = 0; row < rows; row++) {
    const [a, b, c, d] = [rng.normal(), rng.normal(), rng.normal(), rng.normal()]
    const kind = rng.int(4)
    const y = a + b * c + (kind === 2 ? 1 : 0) + 0.5 * rng.normal() > 0 ? 'yes' : 'no'
    lines.push([a.toFixed(4), b.toFixed(4), c.toFixed(4), d.toFixed(4), `k${kind}`, y].join(','))
  }
  writeFileSync(path, `${lines.join('\n')}\n`)
}

interface Spent {
  /** From the first start of a trial to the last end. */
  readonly wall: number
  /** In fits and predictions. */
  readonly fits: number
}

const workOf = ({ fitSeconds = 0, predictMicrosecondsPerRow = 0 }: Trial, rows: number): number =>
  fitSeconds + (predictMicrosecondsPerRow * rows) / 1e6

async function measure(folder: string): Promise<Spent> {
  const spec: ExperimentSpec = {
    name: 'overhead', data: join(folder, 'train.csv'), target: 'y', mode: 'auto', maxCandidates: TRIALS, seed: SEED, workers: 1,
    backend: 'local', definitionsOnly: false, racing: false,
  } // prettier-ignore
  const store = createStore(join(folder, 'out'), spec, 'bench')
  let [first, last] = [0, 0]
  const { trials, prepared } = await runExperiment(store, {
    openExecutor: async ({ paths }) => new LocalPool(paths.folder, 1, { entry: WORKER }),
    emit: ({ type }) => {
      if (type === 'started' && first === 0) first = performance.now()
      if (type === 'trial') last = performance.now()
    },
    signal: new AbortController().signal,
    beforeTraining: async () => {},
    onPlanned: () => {},
  })
  store.close()
  const scored = prepared.folds.folds.reduce((sum, fold) => sum + fold.validation.length, 0)
  return {
    wall: (last - first) / 1000,
    fits: trials.reduce((sum, trial) => sum + workOf(trial, scored), 0),
  }
}

const shares: number[] = []
let total: Spent = { wall: 0, fits: 0 }
for (let round = 0; round < RUNS; round++) {
  const folder = mkdtempSync(join(tmpdir(), 'glasspilot-bench-'))
  try {
    writeTable(join(folder, 'train.csv'), 400)
    const spent = await measure(folder)
    shares.push(1 - spent.fits / spent.wall)
    total = { wall: total.wall + spent.wall, fits: total.fits + spent.fits }
    note(
      `run ${round + 1}: ${TRIALS} trials in ${spent.wall.toFixed(2)} s, of which ${spent.fits.toFixed(2)} s in fits: ${(100 * shares.at(-1)!).toFixed(2)} % for everything else, ${((1000 * (spent.wall - spent.fits)) / TRIALS).toFixed(1)} ms per trial`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const share = median(shares)
finish([{ ...ratio('share of the wall time that is no fit', share, 1, BOUND), ratio: share, ours: total.wall - total.fits, peer: total.wall }], {}, json) // prettier-ignore
if (share > BOUND) process.exitCode = 1
