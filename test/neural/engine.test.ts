import { afterEach, describe, expect, it } from 'vitest'
import { algorithms } from '../../src/algorithms/index.ts'
import { cnn } from '../../src/algorithms/cnn.ts'
import { chooseEngine, ENGINE_VARIABLE, openTraining } from '../../src/neural/engine.ts'
import { operators } from '../../src/neural/tfjs/operators.ts'
import { loadTfjs } from '../../src/neural/tfjs/tf.ts'
import { predictModel } from '../../src/models/index.ts'
import type { ModelData } from '../../src/models/model.ts'
import { Graph } from '../../src/onnx/graph.ts'
import { readGraph } from '../../src/onnx/read-graph.ts'
import { feed } from '../../src/onnx/session.ts'
import { defaults } from '../../src/params/space.ts'
import { createRng } from '../../src/util/rng.ts'
import { fitContext, meanLoss, runOnnx } from '../helpers/fit.ts'
import { toy } from '../helpers/toy.ts'

const installed = (await loadTfjs()) !== undefined
const why = installed ? '' : ' (skipped: no package of TensorFlow.js is installed)'

afterEach(() => {
  delete process.env[ENGINE_VARIABLE]
})

/** What `work` gives with nets trained by one engine. */
async function trainedBy<T>(engine: string, work: () => Promise<T>): Promise<T> {
  process.env[ENGINE_VARIABLE] = engine
  return work()
}

describe('the engine of nets', () => {
  it('is onnxruntime unless asked otherwise, and says so where TensorFlow.js is missing', async () => {
    expect(await chooseEngine('onnxruntime')).toEqual({ engine: 'onnxruntime' })
    const chosen = await chooseEngine('tfjs')
    expect(chosen.engine).toBe(installed ? 'tfjs' : 'onnxruntime')
    expect(chosen.note).toMatch(installed ? /by TensorFlow\.js \(@tensorflow/ : /by onnxruntime \(none of/)
  })

  it('reads back the graphs that it writes', () => {
    const graph = new Graph('outer')
    const x = graph.input('x', 'float', ['N', 2])
    const turns = graph.input('turns', 'int64', [])
    const body = graph.subgraph('step')
    body.input('turn', 'int64', [])
    const going = body.input('going', 'bool', [])
    const carried = body.input('carried', 'float', ['N', 2])
    body.output('going on', going, [])
    body.output('carried on', body.op('Mul', [carried, body.f32(-1.5)]), ['N', 2])
    const [y] = graph.ops('Loop', [turns, undefined, x], 1, { body }, { type: 'float' })
    graph.output('y', graph.op('Transpose', [y!], { perm: { ints: [1, 0] } }), [2, 'N'])
    const read = readGraph(graph.encode())
    expect(read.inputs).toEqual(['x', 'turns'])
    expect(read.outputs).toEqual(['y'])
    expect(read.nodes.map(({ type }) => type)).toEqual(['Loop', 'Transpose', 'Identity'])
    const [loop, transpose] = read.nodes
    expect(loop!.inputs).toEqual(['turns', '', 'x'])
    expect(transpose!.lists).toEqual({ perm: [1, 0] })
    const inner = loop!.graphs['body']!
    expect(inner.nodes.map(({ type }) => type)).toContain('Mul')
    const constants = [...inner.constants.values(), ...read.constants.values()]
    expect(constants.map(({ bytes }) => new Float32Array(bytes.slice().buffer)[0])).toContain(-1.5)
  })
})

describe.runIf(installed)(`nets trained by TensorFlow.js${why}`, () => {
  const nets = algorithms.filter(
    ({ requires, role }) => requires.includes('category-codes') && role !== 'boosting',
  )
  // A deadline in the past ends a training after its first steps: longer ones drift apart by rounding.
  const begun = (seed: number) => fitContext({ seed, deadline: 0 })

  it.each(nets.flatMap(net => net.tasks.map(task => ({ net, name: net.name, task }))))(
    '$name on $task take the same first steps as by onnxruntime',
    async ({ net, task }) => {
      const data = toy(task, { rows: 120, seed: 5, categories: 12 })
      const fit = async () => {
        const model = await net.fit(data, defaults(net.space), begun(1))
        return predictModel(model, data.validation!.features)
      }
      const ours = await trainedBy('onnxruntime', fit)
      const theirs = await trainedBy('tfjs', fit)
      ours.forEach((value, i) => expect(theirs[i]).toBeCloseTo(value, 3))
    },
    600_000,
  )

  it('are as good as by onnxruntime when trained to the end, and answer alike in ONNX', async () => {
    const mlp = nets[0]!
    const data = toy('multiclass', { rows: 300, seed: 5 })
    const params = { ...defaults(mlp.space), layers: '50,25' }
    const fit = () => mlp.fit(data, params, fitContext({ seed: 1 }))
    const held = data.validation!
    const lossOf = async (model: ModelData) =>
      meanLoss(await predictModel(model, held.features), { task: data.task, target: held.target })
    const ours = await lossOf(await trainedBy('onnxruntime', fit))
    const model = await trainedBy('tfjs', fit)
    expect(await lossOf(model)).toBeLessThan(1.1 * ours)
    const native = await predictModel(model, held.features)
    const onnx = await runOnnx(model, held.features)
    native.forEach((value, i) => expect(onnx[i]).toBeCloseTo(value, 4))
  })

  it('gives the same weights twice, and none of its memory stays', async () => {
    const { tf } = (await loadTfjs())!
    const mlp = nets[0]!
    const data = toy('binary', { rows: 100, seed: 2 })
    const fit = () => trainedBy('tfjs', () => mlp.fit(data, defaults(mlp.space), begun(3)))
    const first = await fit()
    const before = tf.memory().numTensors
    expect(await fit()).toEqual(first)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('bends and convolves pictures as onnxruntime does', async () => {
    const side = 8
    const rng = createRng(6)
    const rows = 96
    const columns = Array.from({ length: side * side }, (_, j) => ({
      kind: 'dense' as const,
      name: `p${j}`,
      values: Float32Array.from({ length: rows }, () => rng.next()),
    }))
    const target = Float64Array.from({ length: rows }, (_, row) => Number(columns[20]!.values[row]! > 0.5))
    const data = { features: { rows, columns }, target, task: 'binary', classes: 2 } as const
    const params = { ...defaults(cnn.space), height: side, width: side, filters: 8, hidden: 64 }
    const fit = () => cnn.fit(data, params, begun(1))
    const ours = await predictModel(await trainedBy('onnxruntime', fit), data.features)
    const theirs = await predictModel(await trainedBy('tfjs', fit), data.features)
    ours.forEach((value, i) => expect(theirs[i]).toBeCloseTo(value, 3))
  })

  it('says which operator it lacks', async () => {
    expect(operators['Erf']).toBeUndefined()
    const graph = new Graph('odd')
    const x = graph.input('x', 'float', [1])
    graph.output('y', graph.op('Erf', [x]), [1])
    const run = async () => {
      const session = await openTraining(graph.encode())
      return session.run({ x: await feed(Float32Array.of(1), [1]) })
    }
    await expect(trainedBy('tfjs', run)).rejects.toThrow(/Erf has no counterpart/)
  })
})
