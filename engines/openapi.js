// Prepares one of GitHub's OpenAPI descriptions for Prism.
//
//   node engines/openapi.js DESCRIPTION PATH…
//
// in → out: a description and the paths that count → the same of these paths alone, since of all that GitHub has it takes half
// a minute to be read, and with `nullable` as Prism understands it: it compiles schemas by Ajv, which refuses `nullable`
// without `type` ("JSON Schema", "nullable"), and what is not compiled it lets through without a word.
const [file, ...wanted] = process.argv.slice(2);
const description = JSON.parse(require('fs').readFileSync(file, 'utf8'));

const paths = {};
for (const path of wanted) {
  if (!description.paths[path]) throw new Error(`${path}: not in ${file}`);
  paths[path] = description.paths[path];
}
description.paths = paths;

function mend(node) {
  if (Array.isArray(node)) return node.map(mend);
  if (node === null || typeof node !== 'object') return node;
  const out = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, mend(value)]));
  if (out.nullable !== true) return out;
  if (out.enum) out.enum = out.enum.filter((value) => value !== null); // it is added again, and twice is not allowed
  if ('type' in out) return out;
  delete out.nullable;
  return { anyOf: [out, { enum: [null] }] };
}

process.stdout.write(JSON.stringify(mend(description)));
