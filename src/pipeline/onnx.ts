import type { TaskSchema } from '../data/schema.ts'
import { emitModel } from '../models/index.ts'
import type { ModelData } from '../models/model.ts'
import type { Tensor } from '../onnx/graph.ts'
import { Graph, IR_VERSION } from '../onnx/graph.ts'
import type { Encoder } from '../transforms/transform.ts'
import type { ColumnRef } from './columns.ts'
import type { FittedGroup, FittedTransforms } from './features.ts'
import { featureNames, findFeatureTransform, findReader, usedColumns } from './features.ts'
import { INPUT_TYPES, MISSING_VALUES } from './feeds.ts'
import type { Member, Pipeline } from './pipeline.ts'
import { outputWidth } from './outputs.ts'
import { byTransforms, distinct, stackedMembers, totalWeight } from './pipeline.ts'
import { emitTemperature } from './temperature.ts'

/** One input of the graph: `[N, 1]`. */
export interface InputDescription {
  /** Name in the graph: the column's own, unless an output has it. */
  readonly input: string
  readonly column: string
  readonly kind: ColumnRef['kind']
  readonly type: 'float' | 'string' | 'int64'
  /** What to send for a missing value. */
  readonly missing: string
}

export interface OutputDescription {
  readonly name: string
  readonly type: 'string' | 'double'
  readonly shape: readonly (string | number)[]
  readonly meaning: string
}

/** What one has to know to call the graph. */
export interface GraphDescription {
  readonly inputs: readonly InputDescription[]
  readonly outputs: readonly OutputDescription[]
  readonly irVersion: number
  /** Version by domain; `ai.onnx` is ONNX itself. */
  readonly operatorSets: Readonly<Record<string, number>>
  /** Steps that had to stay outside the graph: none today. */
  readonly outside: readonly string[]
}

const describeOutputs = ({ task, classes, answer }: TaskSchema): OutputDescription[] =>
  task === 'regression'
    ? [{ name: 'prediction', type: 'double', shape: ['N'], meaning: 'the predicted value' }]
    : [
        {
          name: 'predicted_label',
          type: 'string',
          shape: ['N'],
          meaning: answer?.labelWeights
            ? 'the class with the largest probability × its label weight'
            : 'the most probable class',
        },
        { name: 'probability', type: 'double', shape: ['N'], meaning: 'probability of the predicted label' },
        {
          name: 'probabilities',
          type: 'double',
          shape: ['N', classes.length],
          meaning: 'probability of every class, in the order of "labels"',
        },
        { name: 'labels', type: 'string', shape: [classes.length], meaning: 'the classes' },
      ]

/** The whole pipeline as one ONNX model: raw columns in, Autopilot's answer keys out. */
export function emitPipeline(pipeline: Pipeline): { bytes: Uint8Array; description: GraphDescription } {
  const graph = new Graph('glasspilot')
  graph.shareNodes = true
  const outputs = describeOutputs(pipeline.task)
  const inputs = describeInputs(pipeline, outputs)
  graph.reserve([...inputs.map(({ input }) => input), ...outputs.map(({ name }) => name)])
  const raw = new Map(
    inputs.map(({ input, column, type }) => [column, graph.input(input, type, ['N', 1])] as const),
  )
  const answer = emitMembers(pipeline, graph, raw)
  graph.scope = 'answer'
  const results = emitAnswer(graph, pipeline.task, answer)
  for (const { name, shape } of outputs) graph.output(name, results[name]!, shape)
  const sets = Object.entries(graph.operatorSets)
  return {
    bytes: graph.encode({ producer: 'glasspilot', target: pipeline.task.target, task: pipeline.task.task }),
    description: {
      inputs,
      outputs,
      irVersion: IR_VERSION,
      operatorSets: Object.fromEntries(sets.map(([domain, version]) => [domain || 'ai.onnx', version])),
      outside: [],
    },
  }
}

/** Inputs in the order of the table: columns from which some member makes a feature (the first column when there is none). */
function describeInputs(pipeline: Pipeline, outputs: readonly OutputDescription[]): InputDescription[] {
  const { table, bases = [] } = pipeline
  const used = new Map<string, ColumnRef>()
  const made = new Set(bases.flatMap(({ columns }) => columns))
  for (const transforms of byTransforms(allMembers(pipeline)).keys()) {
    for (const group of transforms.groups)
      for (const place of usedColumns(group)) {
        const column = group.columns[place]!
        if (!used.has(column.name) && !made.has(column.name)) used.set(column.name, column)
      }
  }
  if (used.size === 0 && table.columns[0]) used.set(table.columns[0].name, table.columns[0])
  const order = new Map(table.columns.map(({ name }, position) => [name, position]))
  const taken = new Set(outputs.map(({ name }) => name))
  return [...used.values()]
    .sort((a, b) => order.get(a.name)! - order.get(b.name)!)
    .map(({ name, kind }) => {
      let input = name === '' ? 'column' : name
      while (taken.has(input)) input = `${input}_`
      taken.add(input)
      return { input, column: name, kind, type: INPUT_TYPES[kind], missing: MISSING_VALUES[kind] }
    })
}

const allMembers = ({ members, bases = [] }: Pipeline): Member[] => [
  ...bases.flatMap(base => base.members),
  ...members,
]

/** Raw columns of the graph, one by one or side by side. */
class RawColumns {
  private readonly graph: Graph
  private readonly inputs: ReadonlyMap<string, Tensor>
  private readonly joined = new Map<string, Tensor>()

  constructor(graph: Graph, inputs: ReadonlyMap<string, Tensor>) {
    this.graph = graph
    this.inputs = inputs
  }

  one(name: string): Tensor {
    return this.inputs.get(name)!
  }

  has(name: string): boolean {
    return this.inputs.has(name)
  }

  /** `[N, names]`; the same list is joined once. */
  many(names: readonly string[]): Tensor {
    const key = JSON.stringify(names)
    const known = this.joined.get(key)
    if (known) return known
    const tensor = joinColumns(
      this.graph,
      names.map(name => this.one(name)),
    )
    this.joined.set(key, tensor)
    return tensor
  }

  /** `[N, 0]`, for a pipeline without a single feature. */
  none(): Tensor {
    const first = this.inputs.values().next().value!
    const rows = this.graph.op('Shape', [first], { end: 1 }, { type: 'int64' })
    const shape = this.graph.op('Concat', [rows, this.graph.i64(0)], { axis: 0 })
    const zero = { tensor: Float32Array.of(0), dims: [1] }
    return this.graph.op('ConstantOfShape', [shape], { value: zero }, { type: 'float' })
  }
}

/** Encoders that write the states of all members for a column at once, where they first meet it. */
class SharedSteps {
  private readonly graph: Graph
  private readonly states = new Map<string, unknown[]>()
  private readonly written = new Map<unknown, Tensor | undefined>()

  constructor(pipeline: Pipeline, graph: Graph) {
    this.graph = graph
    for (const { groups } of byTransforms(allMembers(pipeline)).keys())
      for (const { columns, encode } of groups)
        for (const { transform, states } of encode)
          for (const [c, { name }] of columns.entries()) {
            const key = JSON.stringify([transform, name])
            this.states.set(key, [...(this.states.get(key) ?? []), states[c]])
          }
  }

  emit(encoder: Encoder, state: unknown, column: string, input: Tensor): Tensor | undefined {
    if (!encoder.emitTogether) return encoder.emit(state, this.graph, input)
    if (!this.written.has(state)) {
      const all = this.states.get(JSON.stringify([encoder.name, column]))!
      const tensors = encoder.emitTogether(all, this.graph, input)
      for (const [i, one] of all.entries()) this.written.set(one, tensors[i])
    }
    return this.written.get(state)
  }
}

const joinColumns = (graph: Graph, tensors: readonly Tensor[]): Tensor =>
  tensors.length === 1 ? tensors[0]! : graph.op('Concat', tensors, { axis: 1 })

/** Double `[N, outputs]`: the weighted mean of all members, those that read outputs of bases last. */
function emitMembers(pipeline: Pipeline, graph: Graph, inputs: ReadonlyMap<string, Tensor>): Tensor {
  const { members, bases = [], task } = pipeline
  const shared = new SharedSteps(pipeline, graph)
  const width = outputWidth(task)
  const made = new Map<FittedTransforms, Map<ModelData, Tensor>>()
  const outputsOf = ({ transforms, model }: Member) => made.get(transforms)!.get(model)!
  let position = 0
  const emit = (list: readonly Member[], raw: RawColumns) => {
    for (const [transforms, group] of byTransforms(list)) {
      graph.scope = `features${position}`
      const features = emitTransforms(transforms, graph, raw, shared)
      const outputs = new Map<ModelData, Tensor>()
      made.set(transforms, outputs)
      for (const { model, range } of distinct(group)) {
        graph.scope = `member${position++}`
        const free = graph.cast(emitModel(model, graph, features), 'double')
        outputs.set(model, range ? graph.op('Clip', [free, graph.f64(range[0]), graph.f64(range[1])]) : free)
      }
    }
  }
  const meanOf = (list: readonly Member[]): Tensor => {
    if (list.length === 1) return outputsOf(list[0]!)
    const parts = list.map(member => graph.op('Mul', [outputsOf(member), graph.f64(member.weight)]))
    const sum = parts.reduce((left, right) => graph.op('Add', [left, right]))
    return graph.op('Div', [sum, graph.f64(totalWeight(list))])
  }
  if (members.length === 0) throw new Error(`a pipeline for "${task.target}" has no members`)
  const above = stackedMembers(pipeline)
  emit([...members.filter(member => !above.includes(member)), ...bases.flatMap(base => base.members)], new RawColumns(graph, inputs)) // prettier-ignore
  if (above.length > 0) {
    const wider = new Map(inputs)
    for (const [b, { columns, members: own }] of bases.entries()) {
      graph.scope = `base${b}`
      const mean = graph.cast(meanOf(own), 'float')
      for (const [i, name] of columns.entries()) {
        const at = width - columns.length + i
        wider.set(name, width === 1 ? mean : graph.op('Slice', [mean, graph.i64(at), graph.i64(at + 1), graph.i64(1)])) // prettier-ignore
      }
    }
    emit(above, new RawColumns(graph, wider))
  }
  graph.scope = 'mean'
  return meanOf(members)
}

/** Float `[N, features]`. */
function emitTransforms(
  transforms: FittedTransforms,
  graph: Graph,
  raw: RawColumns,
  shared: SharedSteps,
): Tensor {
  const groups = transforms.groups.flatMap(group => emitGroup(group, graph, raw, shared) ?? [])
  const joined = groups.length === 0 ? raw.none() : joinColumns(graph, groups)
  if (groups.length === 0 && featureNames(transforms).length === 0) return joined
  return emitSteps(transforms.merged, graph, joined)
}

const emitSteps = (steps: FittedTransforms['merged'], graph: Graph, input: Tensor): Tensor =>
  steps.reduce(
    (tensor, { transform, state }) => findFeatureTransform(transform).emit(state, graph, tensor),
    input,
  )

function emitGroup(
  { columns, encode, then }: FittedGroup,
  graph: Graph,
  raw: RawColumns,
  shared: SharedSteps,
): Tensor | undefined {
  const inputs = columns.map(({ name }) => (raw.has(name) ? raw.one(name) : undefined))
  const parts = encode.flatMap(({ transform, states }) => {
    const reader = findReader(transform)
    if (reader.stage === 'combine') return reader.emit(states[0], graph, inputs) ?? []
    const numeric = columns.length > 1 && columns.every(({ kind }, c) => kind === 'numeric' && inputs[c])
    if (reader.emitColumns && numeric) {
      return reader.emitColumns(states, graph, raw.many(columns.map(({ name }) => name))) ?? []
    }
    return inputs.flatMap(
      (input, c) => (input && shared.emit(reader, states[c], columns[c]!.name, input)) ?? [],
    )
  })
  return parts.length === 0 ? undefined : emitSteps(then, graph, joinColumns(graph, parts))
}

/** The outputs by name. */
function emitAnswer(graph: Graph, task: TaskSchema, mean: Tensor): Record<string, Tensor> {
  const width = outputWidth(task)
  if (task.task === 'regression') return { prediction: graph.op('Reshape', [mean, graph.i64(-1)]) }
  const { temperature, labelWeights } = task.answer ?? {}
  const answer = temperature === undefined ? mean : emitTemperature(graph, mean, temperature)
  const worth = labelWeights
    ? graph.op('Mul', [answer, graph.constant(Float64Array.from(labelWeights), [width])])
    : answer
  const labels = graph.constant(task.classes, [width])
  const best = graph.op('ArgMax', [worth], { axis: 1, keepdims: 0 }, { type: 'int64' })
  return {
    predicted_label: graph.op('Gather', [labels, best], { axis: 0 }, { type: 'string' }),
    probability: labelWeights
      ? graph.op('Reshape', [
          graph.op('GatherElements', [answer, graph.op('Unsqueeze', [best, graph.i64(1)])], { axis: 1 }),
          graph.i64(-1),
        ])
      : graph.op('ReduceMax', [answer, graph.i64(1)], { keepdims: 0 }),
    probabilities: answer,
    labels,
  }
}
