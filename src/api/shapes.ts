import { validation } from './aws-error.ts'

/** What a member of a request may be. Members that no shape names pass: later versions of the service have more. */
export type Shape =
  | {
      readonly kind: 'string'
      readonly min?: number
      readonly max?: number
      readonly pattern?: RegExp
      readonly values?: readonly string[]
    }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number; readonly whole?: boolean }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'list'; readonly of: Shape; readonly min?: number; readonly max?: number }
  | { readonly kind: 'map'; readonly of: Shape; readonly max?: number }
  | {
      readonly kind: 'object'
      readonly required: Readonly<Record<string, Shape>>
      readonly optional: Readonly<Record<string, Shape>>
    }

export const string = (more: Omit<Extract<Shape, { kind: 'string' }>, 'kind'> = {}): Shape => ({
  kind: 'string',
  ...more,
})
export const oneOf = (...values: string[]): Shape => ({ kind: 'string', values })
export const whole = (min: number, max?: number): Shape => ({
  kind: 'number',
  min,
  whole: true,
  ...(max !== undefined && { max }),
})
export const number = (min: number, max: number): Shape => ({ kind: 'number', min, max })
export const boolean: Shape = { kind: 'boolean' }
export const list = (of: Shape, min: number, max: number): Shape => ({ kind: 'list', of, min, max })
export const map = (of: Shape, max: number): Shape => ({ kind: 'map', of, max })
export const object = (
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape => ({
  kind: 'object',
  required,
  optional,
})

/** Checks a request and refuses it with everything that is wrong, in the words of the service. */
export function checkRequest(value: unknown, shape: Shape): void {
  const problems: string[] = []
  check(value, shape, '', problems)
  if (problems.length === 0) return
  throw validation(
    `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected: ${problems.slice(0, 10).join('; ')}`,
  )
}

const lower = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)

function check(value: unknown, shape: Shape, path: string, problems: string[]): void {
  const fail = (constraint: string) => {
    const shown =
      value === undefined || value === null
        ? 'null'
        : typeof value === 'object'
          ? ''
          : `'${String(value).slice(0, 100)}'`
    problems.push(`Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`)
  }
  const wrongType = (expected: string) => {
    const found = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value
    problems.push(`Value at '${path || 'request'}' has type ${found}: ${expected} was expected`)
  }
  const lengthBetween = (length: number, { min, max }: { min?: number; max?: number }) => {
    if (min !== undefined && length < min) fail(`Member must have length greater than or equal to ${min}`)
    if (max !== undefined && length > max) fail(`Member must have length less than or equal to ${max}`)
  }
  switch (shape.kind) {
    case 'string':
      if (typeof value !== 'string') return wrongType('string')
      if (shape.values && !shape.values.includes(value))
        fail(`Member must satisfy enum value set: [${shape.values.join(', ')}]`)
      if (shape.pattern && !shape.pattern.test(value))
        fail(`Member must satisfy regular expression pattern: ${shape.pattern.source}`)
      return lengthBetween(value.length, shape)
    case 'number':
      if (typeof value !== 'number' || (shape.whole && !Number.isInteger(value)))
        return wrongType(shape.whole ? 'integer' : 'number')
      if (shape.min !== undefined && value < shape.min)
        fail(`Member must have value greater than or equal to ${shape.min}`)
      if (shape.max !== undefined && value > shape.max)
        fail(`Member must have value less than or equal to ${shape.max}`)
      return
    case 'boolean':
      if (typeof value !== 'boolean') wrongType('boolean')
      return
    case 'list':
      if (!Array.isArray(value)) return wrongType('list')
      lengthBetween(value.length, shape)
      for (const [i, item] of value.entries()) check(item, shape.of, `${path}.${i + 1}.member`, problems)
      return
    case 'map':
      if (!isObject(value)) return wrongType('map')
      lengthBetween(Object.keys(value).length, shape)
      for (const [key, item] of Object.entries(value)) check(item, shape.of, `${path}.${key}`, problems)
      return
    case 'object': {
      if (!isObject(value)) return wrongType('structure')
      const at = (name: string) => (path === '' ? lower(name) : `${path}.${lower(name)}`)
      const present = (name: string) =>
        Object.hasOwn(value, name) && value[name] !== null && value[name] !== undefined
      for (const [name, of] of Object.entries(shape.required)) {
        if (present(name)) check(value[name], of, at(name), problems)
        else
          problems.push(`Value null at '${at(name)}' failed to satisfy constraint: Member must not be null`)
      }
      for (const [name, of] of Object.entries(shape.optional))
        if (present(name)) check(value[name], of, at(name), problems)
    }
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
