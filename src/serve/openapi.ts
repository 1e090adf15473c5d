import type { ColumnSchema } from '../data/schema.ts'
import type { ModelInfo } from '../pipeline/onnx-model.ts'
import type { InferenceSettings } from './settings.ts'

const TYPES = { numeric: 'number', datetime: 'string', categorical: 'string', text: 'string' } as const

const property = ({ kind, sequence, reason }: ColumnSchema) => ({
  ...(sequence ? { type: ['string', 'array', 'null'] } : { type: [TYPES[kind], 'null'] }),
  description: reason,
})

/** Of the model at hand: its columns in the question, its keys in the answer. OpenAPI 3.1. */
export function openApiDocument(
  { name, task }: ModelInfo,
  features: readonly ColumnSchema[],
  { keys }: InferenceSettings,
  version: string,
): object {
  const row = {
    type: 'object',
    description: 'One row. What is left out or null is missing; further columns are left aside.',
    properties: Object.fromEntries(features.map(feature => [feature.name, property(feature)])),
  }
  const all = {
    prediction: { type: 'number' },
    predicted_label: { type: 'string', enum: task.classes },
    probability: { type: 'number', description: 'of the predicted label' },
    probabilities: { type: 'array', items: { type: 'number' }, description: 'in the order of labels' },
    labels: { type: 'array', items: { type: 'string' } },
  }
  const usual = task.task === 'regression' ? ['prediction'] : Object.keys(all).slice(1)
  const chosen = keys.length > 0 ? keys : usual
  const schemaOf = (key: string) => Object.entries(all).find(([known]) => known === key)?.[1] ?? {}
  const answer = {
    type: 'object',
    properties: Object.fromEntries(chosen.map(key => [key, schemaOf(key)])),
  }
  const text = { schema: { type: 'string' } }
  const error = {
    description: 'what was wrong, in one sentence',
    content: {
      'application/json': { schema: { type: 'object', properties: { error: { type: 'string' } } } },
    },
  }
  return {
    openapi: '3.1.0',
    info: { title: name, version, description: `Predicts ${task.target}.` },
    paths: {
      '/ping': {
        get: {
          summary: 'Is it healthy?',
          responses: { 200: { description: 'yes' }, 503: { description: 'it is stopping' } },
        },
      },
      '/invocations': {
        post: {
          summary: 'Predict rows',
          parameters: [
            {
              name: 'X-Amzn-SageMaker-Enable-Explanations',
              in: 'header',
              description:
                '`true`: the answer is JSON, with predictions and what each is made of (SHAP values), for at most ten rows',
              schema: { type: 'string', enum: ['`true`', '`false`'] },
            },
          ],
          requestBody: {
            required: true,
            content: {
              'text/csv': text,
              'application/json': {
                schema: {
                  oneOf: [
                    row,
                    { type: 'array', items: row },
                    { type: 'object', properties: { instances: { type: 'array', items: row } } },
                  ],
                },
              },
              'application/jsonlines': text,
            },
          },
          responses: {
            200: {
              description: 'one answer per row, in order',
              content: {
                'text/csv': text,
                'application/json': {
                  schema: { type: 'object', properties: { predictions: { type: 'array', items: answer } } },
                },
                'application/jsonlines': text,
              },
            },
            204: { description: 'the question was empty' },
            ...Object.fromEntries([400, 406, 413, 415, 503].map(status => [status, error])),
          },
        },
      },
      '/execution-parameters': {
        get: { summary: 'How batch transform should call', responses: { 200: { description: 'JSON' } } },
      },
      '/metrics': {
        get: {
          summary: 'Counters, in the text format of Prometheus',
          responses: { 200: { description: 'text' } },
        },
      },
    },
  }
}
