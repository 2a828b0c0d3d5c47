// Runs statements in one session of npm's mysql2 and prints a transcript as JSON. Reads what to do from
// standard input: {host, port, socketPath, tls, user, password, database, protocol, statements}.
// With protocol "binary" each statement is prepared and executed; one that is a list, [text, parameter...],
// has parameters.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const mysql = require('mysql2');

const SHOWN = 500;

const transcript = [];
let finished = false;

function finish() {
  if (!finished) {
    finished = true;
    process.stdout.write(JSON.stringify(transcript), () => process.exit(0));
  }
}

function brief(value) {
  const text = Buffer.isBuffer(value) ? value.toString('hex') : value;
  if (typeof text === 'string' && text.length > SHOWN) {
    return `${text.length} characters, SHA-256 ${crypto.createHash('sha256').update(text).digest('hex')}`;
  }
  return text;
}

function describeField(field) {
  return [field.schema, field.table, field.orgTable, field.name, field.orgName, field.characterSet,
    field.columnLength, field.columnType, field.flags, field.decimals];
}

function describeResult(result) {
  return Array.isArray(result) ? result.map((row) => (Array.isArray(row) ? row.map(brief) : describeResult(row))) : result;
}

function describeFields(fields) {
  return (fields || []).map((field) => (Array.isArray(field) ? describeFields(field) : field && describeField(field)));
}

function describeError(error) {
  return { error: error.errno || error.code, state: error.sqlState, message: error.message };
}

function follow(order) {
  const connection = mysql.createConnection({
    host: order.host,
    port: order.port,
    socketPath: order.socketPath || undefined,
    user: order.user,
    password: order.password,
    database: order.database,
    ssl: order.tls ? { rejectUnauthorized: false } : undefined,
    compress: order.compress,
    multipleStatements: true,
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    infileStreamFactory: (path) => fs.createReadStream(path),
  });

  connection.on('error', (error) => {
    transcript.push({ connection: describeError(error) });
    finish();
  });

  function run(position) {
    if (position === order.statements.length) {
      connection.end(finish);
      return;
    }
    const [text, ...parameters] = [].concat(order.statements[position]);
    const done = (error, result, fields) => {
      transcript.push(error ? describeError(error) : { result: describeResult(result), fields: describeFields(fields) });
      if (error && error.fatal) {
        finish();
        return;
      }
      run(position + 1);
    };
    if (order.protocol === 'binary') {
      connection.execute(text, parameters, done);
    } else {
      connection.query(text, parameters, done);
    }
  }

  connection.connect((error) => {
    if (error) {
      transcript.push(describeError(error));
      finish();
      return;
    }
    run(0);
  });
}

// Not fs.readFileSync: a pipe that is not ready yet would be an error (EAGAIN).
const pieces = [];
process.stdin.on('data', (piece) => pieces.push(piece));
process.stdin.on('end', () => follow(JSON.parse(Buffer.concat(pieces).toString('utf8'))));
