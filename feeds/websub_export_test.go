package feeds

import "context"

// SubscriberRound makes one round of a subscriber's Run.
func SubscriberRound(s *Subscriber, ctx context.Context) error {
	_, err := s.round(ctx)
	return err
}
