import {
  fromTemplate,
  templateValues,
  type ExportFormat,
  type PackageDetails,
  type PackageFile,
} from './format.ts'

/** What predicts in Node; the container has it too. */
export const nodeFiles = (details: PackageDetails): PackageFile[] => [
  fromTemplate('node/predict.mjs', 'predict.mjs'),
  fromTemplate('node/table.mjs', 'table.mjs'),
  fromTemplate('node/package.json', 'package.json', templateValues(details)),
  // npm leaves files named .npmrc out of what it publishes.
  fromTemplate('node/npmrc', '.npmrc'),
]

/** Node and onnxruntime-node. */
export const node: ExportFormat = {
  name: 'node',
  summary: 'predict.mjs on onnxruntime-node',
  files: details => [
    ...nodeFiles(details),
    fromTemplate('node/README.md', 'README.md', templateValues(details)),
  ],
  next: folder => `npm install --prefix ${folder} && node ${folder}/predict.mjs NEW.csv`,
}
