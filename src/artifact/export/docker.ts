import { fromTemplate, templateValues, type ExportFormat } from './format.ts'
import { nodeFiles } from './node.ts'

/** A container that answers GET /ping and POST /invocations on port 8080, and trains where Glasspilot is put into it. */
export const docker: ExportFormat = {
  name: 'docker',
  summary: 'a container with SageMaker’s /ping and /invocations',
  files: details => {
    const values = templateValues(details)
    return [
      ...nodeFiles(details),
      fromTemplate('docker/question.mjs', 'question.mjs'),
      fromTemplate('docker/serve.mjs', 'serve.mjs'),
      fromTemplate('docker/train.mjs', 'train.mjs'),
      fromTemplate('docker/main.mjs', 'main.mjs'),
      fromTemplate('docker/Dockerfile', 'Dockerfile', values),
      fromTemplate('docker/README.md', 'README.md', values),
    ]
  },
  next: folder => `docker build -t model ${folder} && docker run -p 8080:8080 model serve`,
}
