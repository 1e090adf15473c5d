import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { Rng } from '../util/rng.ts'

/** Widest matrix whose eigenvectors are all found at once, O(width³). */
const EXACT_WIDTH = 200
/** Residual of a wanted eigenpair, relative to the largest eigenvalue, that counts as found. */
const TOLERANCE = 1e-7

/**
 * The eigenvectors of the largest eigenvalues of a symmetric matrix (row-major width × width), as a row-major
 * width × components matrix, largest first, each turned so that its largest entry is positive.
 */
export function principalDirections(
  matrix: Float64Array,
  width: number,
  components: number,
  rng: Rng,
): Float64Array {
  const { at } = width <= EXACT_WIDTH ? eigen(matrix, width) : lanczos(matrix, width, components, rng)
  const directions = new Float64Array(width * components)
  for (let k = 0; k < components; k++) {
    let largest = 0
    for (let j = 0; j < width; j++) if (Math.abs(at(j, k)) > Math.abs(largest)) largest = at(j, k)
    const sign = largest < 0 ? -1 : 1
    for (let j = 0; j < width; j++) directions[j * components + k] = sign * at(j, k)
  }
  return directions
}

/** All eigenpairs, largest first; `at(j, k)` is entry j of vector k. */
function eigen(matrix: Float64Array, width: number) {
  const found = new EigenvalueDecomposition(Matrix.from1DArray(width, width, matrix), {
    assumeSymmetric: true,
  })
  const vectors = found.eigenvectorMatrix
  return {
    values: found.realEigenvalues.reverse(), // ml-matrix: ascending
    at: (j: number, k: number) => vectors.get(j, width - 1 - k),
  }
}

/**
 * Lanczos with full reorthogonalization (Golub & Van Loan, Matrix Computations, §10.3): an orthonormal basis in which the matrix
 * is tridiagonal grows vector by vector until the wanted eigenpairs of the small matrix leave no residual. A basis that closes
 * early goes on from a new random direction, so repeated eigenvalues are found too. O(width² · steps).
 */
function lanczos(matrix: Float64Array, width: number, components: number, rng: Rng) {
  const basis: Float64Array[] = []
  const diagonal: number[] = []
  const besides: number[] = [] // besides[i] couples vectors i and i + 1
  let next = freshDirection(basis, width, rng)
  for (;;) {
    const steps = Math.min(width, Math.max(2 * components + 20, basis.length + components))
    while (basis.length < steps) {
      basis.push(next)
      const image = multiply(matrix, width, next)
      diagonal.push(dot(image, next))
      orthogonalize(image, basis)
      const length = Math.sqrt(dot(image, image))
      const closed = length <= 1e-12 * Math.abs(diagonal[0]!) || basis.length === width
      besides.push(closed ? 0 : length)
      if (basis.length === width) break
      next = closed ? freshDirection(basis, width, rng) : image.map(value => value / length)
    }
    const size = basis.length
    const small = new Float64Array(size * size)
    for (let i = 0; i < size; i++) {
      small[i * size + i] = diagonal[i]!
      if (i + 1 < size) small[i * size + i + 1] = small[(i + 1) * size + i] = besides[i]!
    }
    const pairs = eigen(small, size)
    const residual = (k: number) => Math.abs(besides[size - 1]! * pairs.at(size - 1, k))
    const wanted = Array.from({ length: components }, (_, k) => k)
    if (size === width || wanted.every(k => residual(k) <= TOLERANCE * Math.abs(pairs.values[0]!))) {
      const vectors = wanted.map(k => combine(basis, width, i => pairs.at(i, k)))
      return { at: (j: number, k: number) => vectors[k]![j]! }
    }
  }
}

/** A random unit vector at right angles to the basis. */
function freshDirection(basis: readonly Float64Array[], width: number, rng: Rng): Float64Array {
  const direction = Float64Array.from({ length: width }, () => rng.normal())
  orthogonalize(direction, basis)
  const length = Math.sqrt(dot(direction, direction))
  return direction.map(value => value / length)
}

/** Takes the parts along an orthonormal basis away, in place; twice, because once leaves rounding behind. */
function orthogonalize(vector: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) {
      const overlap = dot(vector, direction)
      for (let j = 0; j < vector.length; j++) vector[j]! -= overlap * direction[j]!
    }
  }
}

function multiply(matrix: Float64Array, width: number, vector: Float64Array): Float64Array {
  const image = new Float64Array(width)
  for (let i = 0; i < width; i++) {
    let sum = 0
    for (let j = 0, place = i * width; j < width; j++, place++) sum += matrix[place]! * vector[j]!
    image[i] = sum
  }
  return image
}

function combine(basis: readonly Float64Array[], width: number, factor: (i: number) => number): Float64Array {
  const result = new Float64Array(width)
  for (const [i, direction] of basis.entries()) {
    const share = factor(i)
    for (let j = 0; j < width; j++) result[j]! += share * direction[j]!
  }
  return result
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
