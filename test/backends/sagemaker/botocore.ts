import { spawnSync } from 'node:child_process'
import process from 'node:process'
import type { PlannedCall } from '../../../src/backends/sagemaker/calls.ts'

export const python = process.env['GLASSPILOT_PYTHON'] ?? 'python3'

export const hasBotocore = spawnSync(python, ['-c', 'import botocore']).status === 0

/** What botocore's model of the services has against the calls, and what went wrong in asking; both empty when all is well. */
export function complaintsOfBotocore(calls: readonly PlannedCall[]): readonly [string, string] {
  const program = `
import json, sys
import botocore.session
from botocore.validate import ParamValidator
session = botocore.session.get_session()
for call in json.load(sys.stdin):
    shape = session.get_service_model(call["service"]).operation_model(call["operation"]).input_shape
    report = ParamValidator().validate(call["request"], shape)
    unknown = set(call["request"]) - set(shape.members)
    if report.has_errors() or unknown:
        print(call["operation"], report.generate_report(), unknown)
`
  const { stdout, stderr } = spawnSync(python, ['-c', program], {
    input: JSON.stringify(calls),
    encoding: 'utf8',
  })
  return [stdout, stderr]
}
