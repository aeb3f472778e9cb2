'use strict';
// A carrier on node-smpp: it binds whoever knows the password, takes messages and brings reports.
//
// Writes one line of JSON for every PDU it reads, as node-smpp understood it, and one for every
// answer to what it brought. Reads one order a line:
//   reports text|ucs2|tlv|data_sm|early|decimal   what reports are made of; early: before the answer;
//                                                 decimal: the answer's id is hexadecimal
//   statuses N...                                 of the answers to the next submits
//   alphabet ASCII|LATIN1                         of data_coding 0; ASCII is its word for GSM-7
//   enquire, unbind                               on every bind
//   chat                                          what no link needs: a message, a notice, a query
// With the files of a certificate and its key as arguments it speaks TLS.

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const bound = new Map(); // from a session's number to what it is
let reports = 'text';
let statuses = [];
let sessionCount = 0;
let messageCount = 0;

function say(what) {
  const bytesAsHex = (_name, value) =>
    value && value.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value;
  process.stdout.write(JSON.stringify(what, bytesAsHex) + '\n');
}

function bind(number, session, pdu) {
  const refused = pdu.password !== process.env.CARRIER_PASSWORD;
  const command_status = refused ? smpp.ESME_RINVPASWD : 0;
  session.send(pdu.response({ command_status, system_id: 'NODE-SMPP', sc_interface_version: 0x34 }));
  if (refused) session.close();
  else bound.set(number, { session, who: pdu.system_id, receives: pdu.command !== 'bind_transmitter' });
}

function takeMessage(number, session, pdu) {
  const command_status = statuses.shift() || 0;
  const id = 0x33e90000 + ++messageCount;
  const message_id = reports === 'decimal' ? id.toString(16).toUpperCase() : 'node-' + id;
  const answer = () => session.send(pdu.response({ command_status, message_id }));
  if (reports !== 'early') answer();
  if (!command_status && pdu.registered_delivery & 1) {
    const named = reports === 'decimal' ? '0' + id : message_id;
    report(receiverFor(bound.get(number)).session, pdu, named);
  }
  if (reports === 'early') answer();
}

// Its own bind when that may receive, else another one of the same client.
function receiverFor(sender) {
  if (sender.receives) return sender;
  return [...bound.values()].find((one) => one.receives && one.who === sender.who);
}

function report(session, pdu, message_id) {
  const gsm = pdu.data_coding === 0 ? pdu.short_message.message.slice(0, 20) : '';
  const text =
    `id:${message_id} sub:001 dlvrd:001 submit date:2603140926 done date:2603140927` +
    ` stat:DELIVRD err:000 text:${gsm}`;
  const tlvs = {
    receipted_message_id: message_id,
    message_state: smpp.consts.MESSAGE_STATE.DELIVERED,
    network_error_code: Buffer.from([3, 0, 0]),
  };
  const fields = {
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton,
    dest_addr_npi: pdu.source_addr_npi,
    destination_addr: pdu.source_addr,
    data_coding: reports === 'ucs2' ? smpp.ENCODING.UCS2 : 0,
  };
  const answered = tellAnswer(pdu.destination_addr);
  if (reports === 'data_sm') session.data_sm({ ...fields, ...tlvs }, answered);
  else if (reports === 'tlv') session.deliver_sm({ ...fields, short_message: '', ...tlvs }, answered);
  else session.deliver_sm({ ...fields, short_message: text }, answered);
}

// Tells what was answered to something that was brought from a number.
function tellAnswer(number) {
  return ({ command_status, message_id }) =>
    say({ told: 'answered', number, command_status, message_id });
}

function serve(session) {
  const number = ++sessionCount;
  say({ told: 'connected', session: number, tls: session.socket.getProtocol?.() });
  session.on('pdu', (pdu) => say({ told: 'pdu', session: number, ...pdu }));
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, (pdu) => bind(number, session, pdu));
  }
  session.on('submit_sm', (pdu) => takeMessage(number, session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response(), () => session.close()));
  session.on('unbind_resp', () => session.close());
  session.on('error', (error) => say({ told: 'error', session: number, error: String(error) }));
  session.on('close', () => {
    bound.delete(number);
    say({ told: 'closed', session: number });
  });
}

const orders = {
  reports: (how) => { reports = how; },
  statuses: (...next) => { statuses = next.map(Number); },
  alphabet: (name) => { smpp.encodings.default = name; },
  enquire: () => bound.forEach((one) => one.session.enquire_link()),
  chat: () => bound.forEach(({ session }) => {
    const phone = { source_addr_ton: 1, source_addr_npi: 1, source_addr: '393331230000' };
    session.alert_notification({ ...phone, esme_addr: 'ACME' });
    const chat = { ...phone, destination_addr: '12345', short_message: 'ciao, sono io 😀' };
    session.deliver_sm(chat, tellAnswer(phone.source_addr));
    session.query_sm({ ...phone, message_id: 'none' });
  }),
  unbind: () => bound.forEach((one) => one.session.unbind()),
};

const [certificateFile, keyFile] = process.argv.slice(2);
const options = keyFile
  ? { key: fs.readFileSync(keyFile), cert: fs.readFileSync(certificateFile) }
  : {};
const server = smpp.createServer(options, serve);
server.on('tlsClientError', (error) => say({ told: 'refused', error: String(error) }));
server.listen(0, '127.0.0.1', () => say({ told: 'listening', port: server.address().port }));
const input = readline.createInterface({ input: process.stdin });
input.on('line', (line) => {
  const [order, ...words] = line.split(' ');
  orders[order](...words);
  say({ told: 'done', order: line });
});
input.on('close', () => process.exit(0));
