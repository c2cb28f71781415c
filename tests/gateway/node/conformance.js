// Drives every step of a session with @stoqey/ib, which reports each missing or left-over field.
// usage: node conformance.js PORT CLIENT_ID; prints one JSON document; exit code 1 on any complaint.
const { IBApi, EventName, OrderAction, OrderType, SecType } = require("@stoqey/ib");

const [port, clientId] = process.argv.slice(2).map(Number);
const ib = new IBApi({ host: "127.0.0.1", port, clientId });
const seen = {};
const complaints = [];
const note = (name, value) => (seen[name] = seen[name] || []).push(value);

ib.on(EventName.error, (error, code, reqId) => {
  if (code >= 2100 && code < 2200) return note("notice", code);
  if ([200, 202, 162, 399].includes(code)) return note("error", code);
  complaints.push(`${code} (request ${reqId}): ${error.message}`);
});
ib.on(EventName.info, (message, code) => note("notice", code));

// resolves when the event comes, of this request where the event names one
const wait = (event, test = () => true) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} came`)), 15000);
    const listener = (...args) => {
      if (!test(...args)) return;
      clearTimeout(timer);
      ib.off(event, listener);
      resolve(args);
    };
    ib.on(event, listener);
  });
const of = (reqId) => (first) => Number(first) === reqId; // some events carry it as text

async function history(reqId, contract, duration, size, format, end = "") {
  const bars = [];
  const listener = (id, time, open, high, low, close) => {
    if (id === reqId && !String(time).startsWith("finished")) bars.push([time, open, high, low, close]);
  };
  ib.on(EventName.historicalData, listener);
  const done = wait(EventName.historicalData, (id, t) => id === reqId && String(t).startsWith("finished"));
  ib.reqHistoricalData(reqId, contract, end, duration, size, "TRADES", 1, format, false);
  await done;
  ib.off(EventName.historicalData, listener);
  return bars;
}

async function session() {
  const ready = Promise.all([wait(EventName.nextValidId), wait(EventName.managedAccounts)]);
  ib.connect();
  const [[orderId], [account]] = await ready;
  note("account", account);
  note("version", ib.serverVersion);

  let answer = wait(EventName.currentTime);
  ib.reqCurrentTime();
  note("time", (await answer)[0]);

  ib.on(EventName.position, (_, contract, pos) => note("position", [contract.conId, pos]));
  answer = wait(EventName.positionEnd);
  ib.reqPositions();
  await answer;

  ib.on(EventName.openOrder, (id, contract, order, state) =>
    note("openOrder", [id, contract.symbol, order.orderType, order.auxPrice, state.status]));
  ib.on(EventName.orderStatus, (id, status) => note("orderStatus", [id, status]));
  answer = wait(EventName.openOrderEnd);
  ib.reqAllOpenOrders();
  await answer;

  ib.on(EventName.completedOrder, (contract, order, state) => note("completedOrder", state.status));
  answer = wait(EventName.completedOrdersEnd);
  ib.reqCompletedOrders(false);
  await answer;

  ib.on(EventName.execDetails, (reqId, contract, e) => note("execution", [reqId, e.execId, e.shares]));
  ib.on(EventName.commissionReport, (report) => note("commission", report.execId));
  answer = wait(EventName.execDetailsEnd, of(90));
  ib.reqExecutions(90, {});
  await answer;

  ib.on(EventName.updateAccountValue, (key) => note("accountValue", key));
  ib.on(EventName.updatePortfolio, (contract) => note("portfolio", contract.conId));
  answer = wait(EventName.accountDownloadEnd);
  ib.reqAccountUpdates(true, account);
  await answer;
  answer = wait(EventName.accountSummaryEnd, of(91));
  ib.reqAccountSummary(91, "All", "NetLiquidation,TotalCashValue");
  await answer;
  answer = wait(EventName.accountUpdateMultiEnd, of(92));
  ib.reqAccountUpdatesMulti(92, account, "", false);
  await answer;

  let details;
  ib.on(EventName.contractDetails, (reqId, found) => { details = found; note("details", [reqId, found.contract.conId, found.liquidHours]); });
  answer = wait(EventName.contractDetailsEnd, of(1));
  ib.reqContractDetails(1, { conId: 272093 });
  await answer;
  const contract = { ...details.contract, exchange: "SMART", secType: SecType.STK };
  answer = wait(EventName.symbolSamples, of(2));
  ib.reqMatchingSymbols(2, "MSFT");
  note("samples", (await answer)[1].length);
  answer = wait(EventName.marketRule);
  ib.reqMarketRule(26);
  note("rule", (await answer)[1]);

  let reqId = 10;
  for (const [duration, size] of [["1 D", "1 min"], ["2 D", "30 mins"], ["5 D", "1 hour"], ["1 M", "1 day"], ["1 Y", "1 week"]]) {
    for (const format of [1, 2]) note("bars", [size, format, (await history(reqId++, contract, duration, size, format)).length]);
  }
  note("bars", ["utc end", 1, (await history(reqId++, contract, "1 D", "30 mins", 1, "20220519-20:00:00")).length]);
  answer = wait(EventName.headTimestamp, of(40));
  ib.reqHeadTimestamp(40, contract, "TRADES", true, 2);
  note("head", (await answer)[1]);
  answer = wait(EventName.historicalData, of(41));
  ib.reqHistoricalData(41, contract, "", "1 D", "1 min", "TRADES", 1, 2, true);
  await answer;
  const update = wait(EventName.historicalDataUpdate, of(41));
  note("update", (await update).length);
  ib.cancelHistoricalData(41);

  ib.on(EventName.tickPrice, (id, type) => note("tickPrice", type));
  answer = wait(EventName.tickSnapshotEnd, of(50));
  ib.reqMktData(50, contract, "", true, false);
  await answer;
  ib.reqMktData(51, contract, "", false, false);
  ib.cancelMktData(51);

  const sell = (action, type, more) => ({ action, orderType: type, totalQuantity: 1, tif: "DAY", account, transmit: true, orderRef: "node", ...more });
  answer = wait(EventName.orderStatus, (id, status) => id === orderId && status === "Filled");
  ib.placeOrder(orderId, contract, sell(OrderAction.SELL, OrderType.MKT));
  await answer;
  answer = wait(EventName.orderStatus, (id) => id === orderId + 1);
  ib.placeOrder(orderId + 1, contract, sell(OrderAction.SELL, OrderType.LMT, { lmtPrice: 900 }));
  await answer;
  answer = wait(EventName.orderStatus, (id, status) => id === orderId + 1 && status === "Cancelled");
  ib.cancelOrder(orderId + 1);
  await answer;
  answer = wait(EventName.openOrderEnd);
  ib.reqAllOpenOrders();
  await answer;
  answer = wait(EventName.execDetailsEnd, of(93));
  ib.reqExecutions(93, {});
  await answer;
  if (ib.serverVersion >= 177) {
    answer = wait(EventName.completedOrdersEnd);
    ib.reqCompletedOrders(false);
    await answer;
  }
}

session()
  .catch((error) => complaints.push(error.message))
  .finally(() => {
    console.log(JSON.stringify({ seen, complaints }));
    ib.disconnect();
    process.exit(complaints.length ? 1 : 0);
  });
