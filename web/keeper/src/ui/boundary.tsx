import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import i18n from 'i18next';

// Boundary keeps a fault of one screen from taking the others along.
export class Boundary extends Component<{ children: ReactNode; place?: string }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError = () => ({ failed: true });

  componentDidUpdate({ place }: { place?: string }) {
    if (place !== this.props.place && this.state.failed) this.setState({ failed: false });
  }

  render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Center mih="60vh" p="md">
        <Stack align="center" role="alert" maw={400}>
          <Title order={1} size="h2" ta="center">{i18n.t('failedScreen')}</Title>
          <Text ta="center">{i18n.t('failedScreenHint')}</Text>
          <Button onClick={() => location.reload()}>{i18n.t('retry')}</Button>
        </Stack>
      </Center>
    );
  }
}
