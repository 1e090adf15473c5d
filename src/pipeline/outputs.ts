import type { TaskSchema } from '../data/schema.ts'

// What answering has to know of a pipeline: it stands apart, so that a server loads no transforms.

/** Values per row of an answer: one per class, or one. */
export const outputWidth = ({ task, classes }: TaskSchema): number =>
  task === 'regression' ? 1 : classes.length

/** The name of the graph's result that `predictPipeline` gives. */
export const outputName = ({ task }: TaskSchema): 'prediction' | 'probabilities' =>
  task === 'regression' ? 'prediction' : 'probabilities'
