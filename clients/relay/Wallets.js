import { graphql } from 'relay-runtime';

export const query = graphql`
  query WalletsQuery($count: Int!) {
    viewer {
      id
      ...Wallets_history @arguments(count: $count)
    }
  }
`;

export const history = graphql`
  fragment Wallets_history on Account @refetchable(queryName: "WalletsHistoryQuery") @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    transfers(first: $count, after: $cursor) @connection(key: "Wallets_transfers") {
      edges {
        node {
          id
          status
          amount {
            amount
          }
        }
      }
    }
  }
`;

export const received = graphql`
  subscription WalletsReceivedSubscription($after: String) {
    transferReceived(after: $after) {
      cursor
      transfer {
        id
        status
      }
    }
  }
`;
