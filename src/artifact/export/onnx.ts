import { fromTemplate, markdown, templateValues, type ExportFormat } from './format.ts'

/** The model alone, with the call in two languages. */
export const onnx: ExportFormat = {
  name: 'onnx',
  summary: 'the model, its description and how to call it',
  files: details => {
    const { inputs, outputs } = details.info
    const table = (rows: readonly (readonly string[])[]) =>
      rows.map(cells => `| ${cells.join(' | ')} |`).join('\n')
    const values = {
      ...templateValues(details),
      inputs: table(inputs.map(({ input, type, missing }) => [markdown(input), type, missing])),
      outputs: table(outputs.map(({ name, type, meaning }) => [`\`${name}\``, type, meaning])),
    }
    return [fromTemplate('onnx/README.md', 'README.md', values)]
  },
  next: folder => `see ${folder}/README.md for the call from Python and Node`,
}
