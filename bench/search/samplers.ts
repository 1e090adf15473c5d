// Best score after some trials, median over seeds: how near each sampler comes to the known best (0).
// Run: node bench/search/samplers.ts (Node 22.18 or newer, which takes TypeScript as it is).
import { defaults, type Params } from '../../src/params/space.ts'
import { propose, type Proposed } from '../../src/tune/propose.ts'
import type { FinishedTrial } from '../../src/tune/sampler.ts'
import { samplers, type SamplerName } from '../../src/tune/samplers/index.ts'
import { median } from '../../src/tune/statistics.ts'
import { createRng, hashSeed } from '../../src/util/rng.ts'
import { problems, type Problem } from './problems.ts'

const SEEDS = 30
const TRIALS = [15, 30, 60, 120]

/** Best score after each of `TRIALS` trials, the defaults first. */
function tune(problem: Problem, name: SamplerName | undefined, seed: number): number[] {
  const history: FinishedTrial[] = []
  const tried = (params: Params) => history.push({ params, score: problem.score(params), state: 'COMPLETE' })
  tried(defaults(problem.space))
  while (history.length < TRIALS.at(-1)!) {
    const rng = createRng(hashSeed(seed, history.length))
    const { params }: Proposed = propose(problem.space, history, rng, name, () => true)
    if (!params) break
    tried(params)
  }
  return TRIALS.map(trials => Math.max(...history.slice(0, trials).map(({ score }) => score!)))
}

for (const problem of problems) {
  console.log(`\n${problem.name} (defaults ${problem.score(defaults(problem.space)).toFixed(3)})`)
  for (const name of [...(Object.keys(samplers) as SamplerName[]), undefined]) {
    const runs = Array.from({ length: SEEDS }, (_, seed) => tune(problem, name, seed))
    const row = TRIALS.map((_, i) =>
      median(runs.map(run => run[i]!))
        .toFixed(4)
        .padStart(9),
    )
    console.log((name ?? 'mix').padEnd(8), row.join(' '))
  }
}
