// What the container runs: "serve" answers questions, "train" learns from a table as a SageMaker training job does.

const what = process.argv[2] ?? 'serve'

if (what === 'train') await import('./train.mjs')
else {
  // Training writes where only root may; whoever answers strangers needs no such right.
  if (process.getuid?.() === 0) {
    process.initgroups('node', 'node')
    process.setgid('node')
    process.setuid('node')
  }
  await import('./serve.mjs')
}
