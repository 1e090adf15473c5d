import { fromTemplate, templateValues, type ExportFormat } from './format.ts'

/** Python, onnxruntime and numpy. */
export const python: ExportFormat = {
  name: 'python',
  summary: 'predict.py on onnxruntime and numpy',
  files: details => {
    const values = templateValues(details)
    return [
      fromTemplate('python/predict.py', 'predict.py'),
      fromTemplate('python/table.py', 'table.py'),
      fromTemplate('python/requirements.txt', 'requirements.txt', values),
      fromTemplate('python/README.md', 'README.md', values),
    ]
  },
  next: folder => `pip install -r ${folder}/requirements.txt && python ${folder}/predict.py NEW.csv`,
}
