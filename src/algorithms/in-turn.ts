import { takeFeatures, type Features } from '../data/features.ts'
import { predictModel } from '../models/index.ts'
import type { ModelData } from '../models/model.ts'

/** Answers of as many models in turn (row-major rows × outputs): row 0 by the first, row 1 by the second, and so on. */
export async function answersInTurn(features: Features, models: readonly ModelData[]): Promise<Float64Array> {
  const width = models[0]!.outputs
  const answers = new Float64Array(features.rows * width)
  for (const [turn, model] of models.entries()) {
    const rows = Int32Array.from({ length: features.rows }, (_, row) => row).filter(
      row => row % models.length === turn,
    )
    const own = await predictModel(model, takeFeatures(features, rows))
    for (const [i, row] of rows.entries()) answers.set(own.subarray(i * width, (i + 1) * width), row * width)
  }
  return answers
}
