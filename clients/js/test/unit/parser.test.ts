import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Parser, type Block } from '../../src/parser.js';
import { randomOf } from '../support.js';

const encode = (text: string) => new TextEncoder().encode(text);
const parse = (text: string): Block[] => new Parser().push(encode(text));

test('A block has its event, id and data', () => {
  assert.deepEqual(parse('event: notification\nid: e1-7\ndata: {"a":1}\n\n'), [{ event: 'notification', id: 'e1-7', data: '{"a":1}' }]);
});

test('A block without data is handed out for its id', () => {
  assert.deepEqual(parse('id: e1-7\n\n'), [{ event: 'message', id: 'e1-7' }]);
});

test('Several lines of data are joined by line feeds, and one space after the colon is left out', () => {
  assert.deepEqual(parse('data:a\ndata:  b\ndata\n\n'), [{ event: 'message', data: 'a\n b\n' }]);
});

test('Comments, unknown fields, empty blocks and events without data fire nothing', () => {
  assert.deepEqual(parse(': hello\n\nfoo: bar\n\n\n\nevent: x\n\n'), []);
});

test('A retry is a number or nothing', () => {
  assert.deepEqual(parse('retry: 2500\n\nretry: 2.5\n\nretry: -1\n\nretry:\n\n'), [{ event: 'message', retry: 2500 }]);
});

test('An id with a NUL in it is ignored', () => {
  assert.deepEqual(parse('id: a\0b\ndata: x\n\n'), [{ event: 'message', data: 'x' }]);
});

test('A byte order mark at the start is no part of the first field, and one later is', () => {
  const blocks = parse('\ufeffdata: a\n\n\ufeffdata: b\n\ndata: c\n\n');
  assert.deepEqual(blocks.map((b) => b.data), ['a', 'c']);
});

test('What was cut off before its empty line never happened', () => {
  assert.deepEqual(parse('data: a\n\nid: 9\ndata: b\n'), [{ event: 'message', data: 'a' }]);
});

test('A line that never ends is refused before it fills the memory', () => {
  const parser = new Parser();
  const chunk = encode('x'.repeat(100_000));
  assert.throws(() => {
    for (let i = 0; i < 20; i++) parser.push(chunk);
  }, RangeError);
});

test('Many short lines of one block are refused as well', () => {
  const parser = new Parser();
  const chunk = encode('data: xxxxxxxxxxxxxxxxxxxx\n'.repeat(4_000));
  assert.throws(() => {
    for (let i = 0; i < 20; i++) parser.push(chunk);
  }, RangeError);
});

test('Any chunking of any line endings gives the same blocks', () => {
  const lines = [
    'data: plain', 'data: Grüße, 世界, 🔔🔕', 'event: notification', 'id: e1-1', 'id', 'retry: 100', ': comment', '', '', 'foo: bar', 'data:', 'event: é',
  ];
  for (let seed = 1; seed <= 500; seed++) {
    const random = randomOf(seed);
    const chosen = Array.from({ length: 40 }, () => lines[Math.floor(random() * lines.length)]!);
    const reference = parse(chosen.map((line) => `${line}\n`).join(''));
    let text = '\ufeff';
    for (const line of chosen) {
      // A line feed alone after a CR would belong to that CR.
      const endings = line === '' && text.endsWith('\r') ? ['\r'] : ['\n', '\r\n', '\r'];
      text += line + endings[Math.floor(random() * endings.length)]!;
    }

    const bytes = encode(text);
    const parser = new Parser();
    const blocks: Block[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + Math.floor(random() ** 3 * 20);
      blocks.push(...parser.push(bytes.subarray(at, at + size)));
      at += size;
    }

    assert.deepEqual(blocks, reference, `seed ${seed}`);
  }
});
