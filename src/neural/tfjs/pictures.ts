import type { Tf, TfTensor } from './tf.ts'

// ONNX has the colours of an image before its rows, TensorFlow behind its columns.

const toLast = (tf: Tf, x: TfTensor) => tf.transpose(x, [0, 2, 3, 1])
const toFirst = (tf: Tf, x: TfTensor) => tf.transpose(x, [0, 3, 1, 2])

/** 3 × 3 convolution that keeps the size. `filter`: outputs × inputs × 3 × 3. */
export function conv(tf: Tf, x: TfTensor, filter: TfTensor, biases: TfTensor | undefined): TfTensor {
  const made = tf.conv2d(toLast(tf, x), tf.transpose(filter, [2, 3, 1, 0]), 1, 'same')
  return toFirst(tf, biases ? tf.add(made, biases) : made)
}

export function convTranspose(tf: Tf, dy: TfTensor, filter: TfTensor): TfTensor {
  const [batch, , height, width] = dy.shape as [number, number, number, number]
  const shape = [batch, height, width, filter.shape[1]!]
  return toFirst(tf, tf.conv2dTranspose(toLast(tf, dy), tf.transpose(filter, [2, 3, 1, 0]), shape, 1, 'same'))
}

export const maxPool = (tf: Tf, x: TfTensor): TfTensor =>
  toFirst(tf, tf.maxPool(toLast(tf, x), 2, 2, 'valid'))

/** Linear GridSample with aligned corners and zeros outside: each pixel from the four around its place. */
export function gridSample(tf: Tf, x: TfTensor, grid: TfTensor): TfTensor {
  const [batch, channels, height, width] = x.shape as [number, number, number, number]
  const [, rows, columns] = grid.shape as [number, number, number]
  const count = batch * rows * columns
  const pixels = tf.reshape(toLast(tf, x), [batch * height * width, channels])
  const place = (axis: number, size: number) => {
    const part = tf.reshape(tf.slice(grid, [0, 0, 0, axis], [batch, rows, columns, 1]), [count])
    return tf.mul(tf.add(part, tf.scalar(1)), tf.scalar((size - 1) / 2))
  }
  const [left, top] = [place(0, width), place(1, height)]
  const firsts = Int32Array.from({ length: count }, (_, i) => Math.floor(i / (rows * columns)) * height * width) // prettier-ignore
  const first = tf.tensor(firsts, [count], 'int32')
  const [x0, y0] = [tf.floor(left), tf.floor(top)]
  const inside = (at: TfTensor, size: number) =>
    tf.cast(
      tf.logicalAnd(tf.greaterEqual(at, tf.scalar(0)), tf.lessEqual(at, tf.scalar(size - 1))),
      'float32',
    )
  let total: TfTensor | undefined
  for (const [down, right] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const) {
    const [atY, atX] = [tf.add(y0, tf.scalar(down)), tf.add(x0, tf.scalar(right))]
    const near = (at: TfTensor, exact: TfTensor, step: number) =>
      step === 0 ? tf.sub(tf.add(at, tf.scalar(1)), exact) : tf.sub(exact, tf.sub(at, tf.scalar(1)))
    const share = tf.mul(
      tf.mul(near(atY, top, down), near(atX, left, right)),
      tf.mul(inside(atY, height), inside(atX, width)),
    )
    const bound = (at: TfTensor, size: number) =>
      tf.cast(tf.minimum(tf.maximum(at, tf.scalar(0)), tf.scalar(size - 1)), 'int32')
    const within = tf.add(tf.mul(bound(atY, height), tf.cast(tf.scalar(width), 'int32')), bound(atX, width))
    const values = tf.mul(tf.gather(pixels, tf.add(first, within)), tf.reshape(share, [count, 1]))
    total = total ? tf.add(total, values) : values
  }
  return toFirst(tf, tf.reshape(total!, [batch, rows, columns, channels]))
}
