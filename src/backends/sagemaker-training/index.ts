import type { Backend } from '../backend.ts'

/** Each trial as a training job of the service, on an instance of its own. Nothing of it is loaded before it is chosen. */
export const sagemakerTraining: Backend = {
  name: 'sagemaker-training',
  summary:
    'trials as training jobs of Amazon SageMaker, --workers instances at once; needs --training-image too',
  usualWorkers: 4,
  openExecutor: async (store, { onNote } = {}) =>
    (await import('./executor.ts')).openTrainingJobs(store, onNote ?? (() => {})),
}
