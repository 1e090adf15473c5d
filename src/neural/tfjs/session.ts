import { readGraph, type ReadGraph, type ReadNode } from '../../onnx/read-graph.ts'
import { feed, type Feed, type Session } from '../../onnx/session.ts'
import { operators } from './operators.ts'
import type { Tf } from './tf.ts'
import { constantValue, fedValue, intsOf, isHost, tensorOf, type Value } from './values.ts'

type Values = Map<string, Value>

/**
 * The same graphs, node by node in TensorFlow.js: gradients, AdamW and schedules are those of the graph, only what multiplies
 * and adds is another library. Constants and fed tables stay in its memory between calls.
 */
export function tfjsSession(tf: Tf, model: Uint8Array): Session {
  const graph = readGraph(model)
  const constants: Values = new Map()
  keepConstants(tf, graph, constants)
  let fed = new Map<string, { readonly feed: Feed; readonly value: Value }>()
  const release = (values: Iterable<Value>) => {
    for (const value of values) if (!isHost(value)) value.dispose()
  }
  const take = (feeds: Readonly<Record<string, Feed>>): Values => {
    const next: typeof fed = new Map()
    for (const [name, one] of Object.entries(feeds)) {
      const known = fed.get(name)
      next.set(name, known?.feed === one ? known : { feed: one, value: fedValue(tf, one) })
    }
    release(
      [...fed].filter(([name, { feed }]) => next.get(name)?.feed !== feed).map(([, { value }]) => value),
    )
    fed = next
    return new Map([...constants, ...[...next].map(([name, { value }]) => [name, value] as const)])
  }
  return {
    inputNames: graph.inputs,
    outputNames: graph.outputs,
    async run(feeds, fetches = graph.outputs) {
      const given = take(feeds)
      const found = tf.tidy(() => {
        const values = compute(tf, graph, given)
        return fetches.map(name => {
          const tensor = tensorOf(values.get(name)!)
          return { name, data: tensor.dataSync(), shape: tensor.shape }
        })
      })
      const entries = found.map(async ({ name, data, shape }) => [name, await feed(data, shape)] as const)
      return Object.fromEntries(await Promise.all(entries))
    },
    release: () => {
      release([...constants.values(), ...[...fed.values()].map(({ value }) => value)])
      constants.clear()
      fed.clear()
      return Promise.resolve()
    },
  }
}

function keepConstants(tf: Tf, { nodes, constants }: ReadGraph, kept: Values): void {
  for (const [name, tensor] of constants) kept.set(name, constantValue(tf, tensor))
  for (const { graphs } of nodes) for (const inner of Object.values(graphs)) keepConstants(tf, inner, kept)
}

function compute(tf: Tf, { nodes }: ReadGraph, given: Values): Values {
  const values = new Map(given)
  for (const node of nodes) {
    const inputs = node.inputs.map(name => (name === '' ? undefined : values.get(name)!))
    const made = node.type === 'Loop' ? loop(tf, node, inputs, values) : operate(tf, node, inputs)
    node.outputs.forEach((name, i) => values.set(name, made[i]!))
  }
  return values
}

function operate(tf: Tf, node: ReadNode, inputs: readonly (Value | undefined)[]): readonly Value[] {
  const operator = operators[node.type]
  if (!operator) throw new Error(`the operator ${node.type} has no counterpart in TensorFlow.js here`)
  const made = operator(tf, inputs, node)
  return Array.isArray(made) ? (made as readonly Value[]) : [made as Value]
}

/** All turns of a loop; what one turn leaves behind is gone before the next. */
function loop(
  tf: Tf,
  { graphs }: ReadNode,
  [turns, , ...start]: readonly (Value | undefined)[],
  outer: Values,
): readonly Value[] {
  const body = graphs['body']!
  let state = start.map(value => tensorOf(value!))
  const count = intsOf(turns!)[0]!
  for (let turn = 0; turn < count; turn++) {
    const before = state
    state = tf.tidy(() => {
      const own = new Map(outer)
      own.set(body.inputs[0]!, { ints: [turn], shape: [] })
      body.inputs.slice(2).forEach((name, i) => own.set(name, before[i]!))
      const values = compute(tf, withoutGoing(body), own)
      return body.outputs.slice(1).map(name => tensorOf(values.get(name)!))
    })
    if (turn > 0) for (const tensor of before) tensor.dispose()
  }
  return state
}

const plain = new WeakMap<ReadGraph, ReadGraph>()

/** The body without its word on whether to go on, which is always yes. */
function withoutGoing(body: ReadGraph): ReadGraph {
  const known = plain.get(body)
  if (known) return known
  const made = { ...body, nodes: body.nodes.filter(({ outputs }) => outputs[0] !== body.outputs[0]) }
  plain.set(body, made)
  return made
}
