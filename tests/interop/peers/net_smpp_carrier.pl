#!/usr/bin/perl
# A carrier on Net::SMPP: it binds whoever knows the password, takes messages and brings reports.
#
# Writes one line of JSON for every PDU it reads, as Net::SMPP understood it: texts in hex. Reads
# one order a line: `enquire`, `unbind`.
use strict;
use warnings;
use IO::Select;
use Net::SMPP;

$| = 1;
my @TOLD = qw(system_id system_type interface_version source_addr_ton source_addr_npi source_addr
    dest_addr_ton dest_addr_npi destination_addr esm_class registered_delivery data_coding
    validity_period message_id);
my %sessions;    # number, socket, and kind of bind, by file number
my ($session_count, $message_count) = (0, 0);

sub say_json {
    my (@pairs) = @_;
    my @shown;
    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @shown, $value =~ /^\d{1,9}\z/ ? qq("$name":$value) : qq("$name":"$value");
    }
    print '{', join(',', @shown), "}\n";
}

sub say_pdu {
    my ($session, $pdu) = @_;
    my @pairs = (command => $pdu->explain_cmd, command_status => $pdu->status);
    push @pairs, map { ($_ => $pdu->{$_}) } grep { defined $pdu->{$_} } @TOLD;
    push @pairs, short_message => 'x' . unpack('H*', $pdu->{short_message})
        if defined $pdu->{short_message};
    say_json(told => 'pdu', session => $session->{number}, sequence_number => $pdu->seq, @pairs);
}

sub take_bind {
    my ($session, $pdu) = @_;
    my $kind = $pdu->explain_cmd;
    my $refused = $pdu->{password} ne $ENV{CARRIER_PASSWORD};
    my $answer = "${kind}_resp";
    $session->{socket}->$answer(seq => $pdu->seq, status => $refused ? 0x0E : 0,
        system_id => 'NET-SMPP');
    @$session{qw(kind who)} = ($kind, $pdu->{system_id}) unless $refused;
}

sub take_message {
    my ($session, $pdu) = @_;
    my $id = sprintf 'perl-%d', ++$message_count;
    $session->{socket}->submit_sm_resp(seq => $pdu->seq, message_id => $id);
    my @receivers = grep { ($_->{kind} // '') =~ /^bind_(transceiver|receiver)\z/ } values %sessions;
    my ($receiver) = ((grep { $_ == $session } @receivers),
        (grep { $_->{who} eq $session->{who} } @receivers));
    return unless $receiver;
    $receiver->{socket}->deliver_sm(
        async => 1,
        source_addr_ton => $pdu->{dest_addr_ton},
        source_addr_npi => $pdu->{dest_addr_npi},
        source_addr => $pdu->{destination_addr},
        dest_addr_ton => $pdu->{source_addr_ton},
        dest_addr_npi => $pdu->{source_addr_npi},
        destination_addr => $pdu->{source_addr},
        esm_class => Net::SMPP::ESM_type_delivery_receipt,
        data_coding => 0,
        short_message => "id:$id sub:001 dlvrd:001 submit date:2603140926"
            . ' done date:2603140927 stat:DELIVRD err:000 text:',
        receipted_message_id => "$id\0",
        message_state => pack('C', Net::SMPP::MSGSTATE_delivered),
    );
}

sub end {
    my ($select, $session) = @_;
    $select->remove($session->{socket});
    delete $sessions{ fileno $session->{socket} };
    close $session->{socket};
    say_json(told => 'closed', session => $session->{number});
}

sub read_one {
    my ($select, $session) = @_;
    my $pdu = do { local $SIG{__WARN__} = sub { }; $session->{socket}->read_pdu };
    return end($select, $session) unless $pdu;
    say_pdu($session, $pdu);
    my $command = $pdu->explain_cmd;
    take_bind($session, $pdu) if $command =~ /^bind_[a-z]+\z/;
    take_message($session, $pdu) if $command eq 'submit_sm';
    $session->{socket}->enquire_link_resp(seq => $pdu->seq) if $command eq 'enquire_link';
    $session->{socket}->unbind_resp(seq => $pdu->seq) if $command eq 'unbind';
    end($select, $session) if $command =~ /^unbind/;
}

sub take_order {
    sysread(STDIN, my $line, 4096) or exit 0;
    chomp $line;
    for my $session (values %sessions) {
        $session->{socket}->$line(async => 1) if $line =~ /^(enquire_link|unbind)\z/;
    }
    say_json(told => 'done', order => $line);
}

my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34) or die $!;
my $select = IO::Select->new($listener, \*STDIN);
say_json(told => 'listening', port => $listener->sockport);
while (my @ready = $select->can_read) {
    for my $source (@ready) {
        if ($source == \*STDIN) {
            take_order();
        } elsif ($source == $listener) {
            my $socket = $listener->accept or next;
            $sessions{ fileno $socket } = { number => ++$session_count, socket => $socket };
            $select->add($socket);
            say_json(told => 'connected', session => $session_count);
        } elsif (my $session = $sessions{ fileno $source // -1 }) {
            read_one($select, $session);
        }
    }
}
