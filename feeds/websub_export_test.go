package feeds

import "context"

// SubscriberRound makes one round of a subscriber's Run.
func SubscriberRound(ctx context.Context, s *Subscriber) error {
	_, err := s.round(ctx)
	return err
}
