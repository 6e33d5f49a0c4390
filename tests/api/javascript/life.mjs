// A customer's whole life through Lago's own client; prints what the client saw, as JSON.
import { Client, getLagoError } from 'lago-javascript-client';

const { API_URL: baseUrl, API_KEY: key, UNIQUE: unique } = process.env;
const lago = Client(key, { baseUrl });
const subscription = `${unique}-desk`;
const code = `${unique}-calls`;
const seen = {};

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return await getLagoError(error);
  }
  throw new Error('it was not refused');
}

function event(number, seconds) {
  return {
    transaction_id: `${subscription}-${number}`,
    external_subscription_id: subscription,
    code,
    timestamp: Math.floor(Date.now() / 1000).toString(),
    properties: { seconds },
  };
}

const metric = (
  await lago.billableMetrics.createBillableMetric({
    billable_metric: { name: 'Calls', code, aggregation_type: 'sum_agg', field_name: 'seconds' },
  })
).data.billable_metric;
const plan = (
  await lago.plans.createPlan({
    plan: {
      name: 'Desk',
      code: `${unique}-plan`,
      interval: 'monthly',
      amount_cents: 4900,
      amount_currency: 'CAD',
      pay_in_advance: false,
      charges: [
        {
          billable_metric_id: metric.lago_id,
          charge_model: 'standard',
          properties: { amount: '0.0125' },
        },
      ],
    },
  })
).data.plan;
seen.amount = plan.charges[0].properties.amount;

const made = (
  await lago.customers.createCustomer({ customer: { external_id: unique, name: 'Zoé Tremblay' } })
).data.customer;
const again = (
  await lago.customers.createCustomer({ customer: { external_id: unique, city: 'Gatineau' } })
).data.customer;
seen.upsert = [made.lago_id === again.lago_id, again.name, again.city];

const started = (
  await lago.subscriptions.createSubscription({
    subscription: {
      external_customer_id: unique,
      plan_code: plan.code,
      external_id: subscription,
    },
  })
).data.subscription;
seen.started = started.status;

await lago.events.createEvent({ event: event(1, 100) });
seen.repeated = await refusal(lago.events.createEvent({ event: event(1, 100) }));
await lago.events.createBatchEvents({ events: [event(2, '50.5'), event(3, 49.5)] });
seen.event = (await lago.events.findEvent(`${subscription}-2`)).data.event.properties;

const usage = (
  await lago.customers.findCustomerCurrentUsage(unique, {
    external_subscription_id: subscription,
  })
).data.customer_usage;
seen.usage = [usage.charges_usage[0].units, usage.amount_cents];

for (const number of [1, 2]) {
  await lago.customers.createCustomer({ customer: { external_id: `${unique}-${number}` } });
}
seen.pages = [];
for (let page = 1; page; ) {
  const { data } = await lago.customers.findAllCustomers({
    page,
    per_page: 2,
    search_term: unique,
  });
  seen.pages.push(data.customers.length);
  page = data.meta.next_page;
}

seen.terminated = (await lago.subscriptions.destroySubscription(subscription)).data.subscription
  .status;
seen.ended = (
  await lago.subscriptions.findAllSubscriptions({
    external_customer_id: unique,
    'status[]': ['terminated'],
  })
).data.subscriptions.length;
seen.unknown = await refusal(lago.customers.findCustomer('nobody'));
seen.invalid = await refusal(lago.plans.createPlan({ plan: { name: 'No price', code: unique } }));
seen.wrongKey = await refusal(Client('wrong', { baseUrl }).customers.findAllCustomers());

console.log(JSON.stringify(seen));
