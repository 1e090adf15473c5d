import {
  choice,
  float,
  int,
  logFloat,
  logInt,
  when,
  type Params,
  type Space,
} from '../../src/params/space.ts'

/** A function with a known best value, as a stand-in for a validation score. */
export interface Problem {
  readonly name: string
  readonly space: Space
  /** Higher is better; at most 0, which is the known best. */
  readonly score: (params: Params) => number
}

const number = (params: Params, name: string) => Number(params[name])

const BRANIN_MIN = 0.397887
const HARTMANN_MIN = -3.322368
const HARTMANN_A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
]
const HARTMANN_P = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]
const HARTMANN_C = [1, 1.2, 3, 3.2]

function branin(x: number, y: number): number {
  const b = 5.1 / (4 * Math.PI ** 2)
  const c = 5 / Math.PI
  return (y - b * x * x + c * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10
}

const hartmann = (x: readonly number[]) =>
  -HARTMANN_C.reduce(
    (sum, c, i) =>
      sum + c * Math.exp(-x.reduce((s, v, j) => s + HARTMANN_A[i]![j]! * (v - HARTMANN_P[i]![j]!) ** 2, 0)),
    0,
  )

const log10 = (params: Params, name: string) => Math.log10(number(params, name))

export const problems: readonly Problem[] = [
  {
    name: 'quadratic in 5 dimensions, two of them logarithmic',
    space: {
      a: logFloat(1e-5, 1, 1e-1),
      b: logInt(1, 1000, 300),
      c: float(0, 1, 0.1),
      d: int(1, 20, 15),
      e: float(-5, 5, 4),
    },
    score: params =>
      -(
        (log10(params, 'a') + 3) ** 2 +
        (log10(params, 'b') - 1) ** 2 +
        (3 * (number(params, 'c') - 0.7)) ** 2 +
        ((number(params, 'd') - 7) / 5) ** 2 +
        ((number(params, 'e') + 1) / 3) ** 2
      ),
  },
  {
    name: 'Branin',
    space: { x: float(-5, 10, 0), y: float(0, 15, 12) },
    score: params => BRANIN_MIN - branin(number(params, 'x'), number(params, 'y')),
  },
  {
    name: 'Hartmann in 6 dimensions',
    space: Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map(name => [name, float(0, 1, 0.5)])),
    score: params =>
      HARTMANN_MIN - hartmann(['a', 'b', 'c', 'd', 'e', 'f'].map(name => number(params, name))),
  },
  {
    name: 'boosting-like: nine ranges of which four matter, defaults fair',
    space: {
      num_round: logInt(64, 1024, 200),
      max_depth: int(2, 8, 6),
      eta: logFloat(1e-3, 1, 0.1),
      gamma: logFloat(1e-6, 64, 1e-3),
      min_child_weight: logFloat(1e-6, 32, 1),
      subsample: float(0.5, 1, 0.9),
      colsample_bytree: float(0.3, 1, 0.9),
      lambda: logFloat(1e-6, 2, 1),
      alpha: logFloat(1e-6, 2, 1e-3),
    },
    score: params => {
      const learnt = log10(params, 'eta') + log10(params, 'num_round') - Math.log10(0.04 * 600)
      return -(
        learnt ** 2 +
        0.3 * Math.max(0, log10(params, 'eta') + 1.4) +
        0.05 * (number(params, 'max_depth') - 4) ** 2 +
        0.2 * Math.max(0, log10(params, 'gamma')) +
        0.5 * (number(params, 'colsample_bytree') - 0.5) ** 2
      )
    },
  },
  {
    name: 'conditional: one of three branches holds the best',
    space: {
      kind: choice(['flat', 'deep', 'wide']),
      rate: when('kind', ['deep', 'wide'], logFloat(1e-5, 1, 1e-2)),
      layers: when('kind', ['deep'], int(1, 8, 2)),
      drop: when('kind', ['deep'], float(0, 0.9, 0.1)),
      width: when('kind', ['wide'], logInt(8, 1024, 64)),
    },
    score: params => {
      if (params['kind'] === 'flat') return -2
      const rate = (log10(params, 'rate') + 3.5) ** 2
      if (params['kind'] === 'wide') return -(0.5 + 0.3 * rate + (log10(params, 'width') - 2.3) ** 2)
      return -(
        0.4 * rate +
        0.1 * (number(params, 'layers') - 5) ** 2 +
        4 * (number(params, 'drop') - 0.3) ** 2
      )
    },
  },
]
