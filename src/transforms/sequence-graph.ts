import type { Graph, Tensor } from '../onnx/graph.ts'
import { FARTHEST, ITEM_DELIMITERS, ITEM_PATTERN, LAGS, QUANTILES, STANDS_STILL } from './sequence-numbers.ts'
import type { Pieces } from './words.ts'
import { cutAll, emitRows, fullMatch, keepPieces } from './words.ts'

/** Short names of the operations used below, all on doubles unless said. */
function arithmetic(graph: Graph) {
  const tensor = (value: Tensor | number) => (typeof value === 'number' ? graph.f64(value) : value)
  const binary = (type: string) => (a: Tensor | number, b: Tensor | number) =>
    graph.op(type, [tensor(a), tensor(b)], {}, { type: 'double' })
  const compare = (type: string) => (a: Tensor, b: Tensor | number) =>
    graph.op(type, [a, tensor(b)], {}, { type: 'bool' })
  const slice = (values: Tensor, start: number, stop: number) =>
    graph.op('Slice', [values, graph.i64(start), graph.i64(stop), graph.i64(1)])
  return {
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    min: binary('Min'),
    max: binary('Max'),
    greater: compare('Greater'),
    less: compare('Less'),
    abs: (value: Tensor) => graph.op('Abs', [value]),
    sqrt: (value: Tensor) => graph.op('Sqrt', [value]),
    not: (value: Tensor) => graph.op('Not', [value]),
    and: (a: Tensor, b: Tensor) => graph.op('And', [a, b]),
    where: (condition: Tensor, yes: Tensor | number, no: Tensor | number) =>
      graph.op('Where', [condition, tensor(yes), tensor(no)], {}, { type: 'double' }),
    /** All but the first `skip` columns. */
    from: (values: Tensor, skip: number) => slice(values, skip, 2 ** 31 - 1),
    /** All but the last `skip` columns. */
    upTo: (values: Tensor, skip: number) => slice(values, 0, -skip),
    /** Sum of each row from left to right, `[N, 1]`: CumSum adds in that order, ReduceSum in one of its own. */
    sum(values: Tensor) {
      const running = graph.op('CumSum', [values, graph.constant(BigInt64Array.of(1n), [])])
      return slice(running, -1, 2 ** 31 - 1)
    },
    count: (holds: Tensor) =>
      graph.op('ReduceSum', [graph.cast(holds, 'double'), graph.i64(1)], { keepdims: 1 }),
    /** The value at a place (double `[N, 1]`) of each row. */
    at: (values: Tensor, place: Tensor) =>
      graph.op('GatherElements', [values, graph.cast(place, 'int64')], { axis: 1 }),
    first: (type: 'ArgMax' | 'ArgMin', values: Tensor) =>
      graph.cast(graph.op(type, [values], { axis: 1, keepdims: 1 }, { type: 'int64' }), 'double'),
  }
}

/** Numbers of every row and of an empty one, left-aligned: double `[N + 1, longest + more than the longest lag]`, 0 behind the end. */
interface Numbers {
  readonly values: Tensor
  /** Bool of the same shape: false behind the end. */
  readonly inside: Tensor
  /** Double `[N, 1]`. */
  readonly length: Tensor
  /** Double `[N, 1]`: items that are no numbers. */
  readonly unreadable: Tensor
}

const BEHIND = Math.max(...LAGS) + 1

/** How many pieces each of `size` rows has: double `[size]`. */
function countPieces(graph: Graph, size: Tensor, { rows }: Pieces): Tensor {
  const zero = { value: { tensor: Float64Array.of(0), dims: [1] } }
  const zeros = graph.op('ConstantOfShape', [size], zero, { type: 'double' })
  const many = graph.op('Shape', [rows], {}, { type: 'int64' })
  const ones = graph.op('Expand', [graph.constant(Float64Array.of(1), [1]), many])
  return graph.op('ScatterND', [zeros, graph.op('Unsqueeze', [rows, graph.i64(1)]), ones], {
    reduction: 'add',
  })
}

function emitNumbers(maxLength: number, graph: Graph, input: Tensor): Numbers {
  const { sub, max } = arithmetic(graph)
  const cells = emitRows(graph, input)
  const size = graph.op('Shape', [cells.rows], {}, { type: 'int64' })
  const items = cutAll(graph, cells, ITEM_DELIMITERS)
  const readable = keepPieces(graph, items, fullMatch(graph, items.texts, ITEM_PATTERN))
  const found = countPieces(graph, size, readable)
  const column = (values: Tensor) => graph.op('Unsqueeze', [values, graph.i64(1)])
  // Place within its row: number of the item, less the items of all rows before, less those cut off at the beginning.
  const before = graph.op('CumSum', [found, graph.constant(BigInt64Array.of(0n), [])], { exclusive: 1 })
  const cutOff = max(sub(found, maxLength), 0)
  const start = graph.op('Gather', [graph.op('Add', [before, cutOff]), readable.rows], { axis: 0 })
  const many = graph.op('Shape', [readable.rows], {}, { type: 'int64' })
  const zero = graph.constant(BigInt64Array.of(0n), [])
  const one = graph.constant(BigInt64Array.of(1n), [])
  const number = graph.op('Range', [zero, graph.op('Squeeze', [many, graph.i64(0)]), one])
  const place = graph.op('Sub', [number, graph.cast(start, 'int64')])
  const kept = graph.op('GreaterOrEqual', [place, graph.i64(0)], {}, { type: 'bool' })
  const chosen = keepPieces(graph, readable, kept)
  const { texts: places } = keepPieces(graph, { texts: place, rows: readable.rows }, kept)
  const length = column(sub(found, cutOff))
  const longest = graph.cast(graph.op('ReduceMax', [length, graph.i64(0)], { keepdims: 0 }), 'int64')
  const width = graph.op('Add', [longest, graph.i64(BEHIND)])
  const shape = graph.op('Concat', [size, width], { axis: 0 })
  const nothing = { value: { tensor: Float64Array.of(0), dims: [1] } }
  const values = graph.op(
    'ScatterND',
    [
      graph.op('ConstantOfShape', [shape], nothing, { type: 'double' }),
      graph.op('Concat', [column(chosen.rows), column(places)], { axis: 1 }),
      graph.cast(chosen.texts, 'double'),
    ],
    {},
  )
  const position = graph.op('Range', [zero, graph.op('Squeeze', [width, graph.i64(0)]), one])
  const inside = graph.op('Less', [graph.cast(position, 'double'), length], {}, { type: 'bool' })
  const all = countPieces(graph, size, items)
  return { values, inside, length, unreadable: column(sub(all, found)) }
}

/** Graph of `describeSequence` for a raw column `[N, 1]` of strings: the same operations in the same order. */
export function emitSequences(maxLength: number, graph: Graph, input: Tensor): Tensor {
  const { values: x, inside, length: n, unreadable } = emitNumbers(maxLength, graph, input)
  const op = arithmetic(graph)
  const { add, sub, mul, div, where, from, upTo, sum, count, at, and } = op
  const last = op.max(sub(n, 1), 0)
  const sortedUp = sortAscending(graph, where(inside, x, Infinity))
  const lowest = at(sortedUp, op.min(n, 0))
  const highest = at(sortedUp, last)
  const mean = div(sum(x), n)
  const d = where(inside, sub(x, mean), 0)
  const d2 = mul(d, d)
  const square = div(sum(d2), n)
  const largest = op.max(graph.op('Neg', [lowest]), highest)
  const moves = op.greater(square, mul(mul(largest, largest), STANDS_STILL))
  const spread = where(moves, square, NaN)
  const deviation = where(moves, op.sqrt(square), 0)
  const pair = from(inside, 1) // whether a value has one before it
  const change = where(pair, sub(from(x, 1), upTo(x, 1)), 0)
  const steps = sub(n, 1)
  const position = graph.op(
    'CumSum',
    [graph.cast(inside, 'double'), graph.constant(BigInt64Array.of(1n), [])],
    {
      exclusive: 1,
    },
  )
  const ramp = sub(position, div(steps, 2))
  const lag = (l: number) => {
    const products = sum(mul(upTo(d, l), from(d, l)))
    return where(op.greater(n, l), div(products, mul(sub(n, l), spread)), NaN)
  }
  const crossings = (above: Tensor) => count(and(pair, graph.op('Xor', [upTo(above, 1), from(above, 1)])))
  const aboveMean = and(inside, op.greater(x, mean))
  const rises = op.greater(from(x, 1), upTo(x, 1))
  const falls = op.greater(upTo(x, 1), from(x, 1))
  const peaks = and(and(upTo(rises, 1), from(falls, 1)), from(inside, 2))
  const distinct = and(
    pair,
    op.not(graph.op('Equal', [from(sortedUp, 1), upTo(sortedUp, 1)], {}, { type: 'bool' })),
  )
  const described = graph.op(
    'Concat',
    [
      mean,
      deviation,
      lowest,
      highest,
      ...QUANTILES.map(level => emitQuantile(graph, sortedUp, last, level)),
      at(x, op.min(n, 0)),
      at(x, last),
      div(sum(mul(ramp, d)), div(mul(n, sub(mul(n, n), 1)), 12)),
      sum(mul(x, x)),
      div(sum(op.abs(change)), steps),
      div(sub(at(x, last), at(x, op.min(n, 0))), steps),
      op.sqrt(sum(mul(change, change))),
      div(div(sum(mul(d2, d)), n), mul(spread, op.sqrt(spread))),
      sub(div(div(sum(mul(d2, d2)), n), mul(spread, spread)), 3),
      ...LAGS.map(lag),
      crossings(aboveMean),
      crossings(op.greater(x, 0)),
      count(peaks),
      div(count(aboveMean), n),
      div(count(op.greater(op.abs(d), mul(deviation, 2))), n),
      div(op.first('ArgMax', where(inside, x, -Infinity)), n),
      div(op.first('ArgMin', where(inside, x, Infinity)), n),
      div(add(count(distinct), 1), n),
    ],
    { axis: 1 },
  )
  const known = where(op.greater(n, 0), described, NaN)
  const below = where(op.greater(known, FARTHEST), FARTHEST, known)
  const bounded = where(op.less(below, -FARTHEST), -FARTHEST, below)
  const all = graph.cast(graph.op('Concat', [n, unreadable, bounded], { axis: 1 }), 'float')
  return graph.op('Slice', [all, graph.i64(0), graph.i64(-1), graph.i64(0)])
}

function sortAscending(graph: Graph, values: Tensor): Tensor {
  const width = graph.op('Shape', [values], { start: 1 }, { type: 'int64' })
  const attributes = { axis: 1, largest: 0, sorted: 1 }
  return graph.ops('TopK', [values, width], 2, attributes, { types: ['double', 'int64'] })[0]!
}

function emitQuantile(graph: Graph, sorted: Tensor, last: Tensor, level: number): Tensor {
  const { add, sub, mul, min, at } = arithmetic(graph)
  const place = mul(last, level)
  const low = graph.op('Floor', [place])
  const from = at(sorted, low)
  const rise = sub(at(sorted, min(add(low, 1), last)), from)
  return add(from, mul(rise, sub(place, low)))
}
